data "aws_partition" "current" {}

locals {
  partition = data.aws_partition.current.partition
  regional  = "${var.region}:${var.account_id}"
  log_group = "arn:${local.partition}:logs:${local.regional}:log-group:/aws/lambda/${var.function_name}"
  function  = "arn:${local.partition}:lambda:${local.regional}:function:${var.function_name}"
  # a key's ARN holds an identifier that only AWS knows, so keys are named by their alias
  keys = "arn:${local.partition}:kms:${local.regional}:key/*"
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "LambdaTakesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "Taken on by the function ${var.function_name} in ${var.region}."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary

  tags = var.tags
}

resource "aws_iam_role_policy" "this" {
  name   = "access"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.access.json
}
