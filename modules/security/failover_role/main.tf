data "aws_partition" "current" {}

locals {
  partition = data.aws_partition.current.partition
  regional  = "${var.region}:${var.account_id}"
  log_group = "arn:${local.partition}:logs:${local.regional}:log-group:/aws/lambda/${var.function_name}"
  function  = "arn:${local.partition}:lambda:${local.regional}:function:${var.function_name}"

  policy_length = length(data.aws_iam_policy_document.access.minified_json)
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

# pieces of one policy, so that each can be read by itself
data "aws_iam_policy_document" "access" {
  source_policy_documents = concat(
    [data.aws_iam_policy_document.own.json, data.aws_iam_policy_document.votes.json],
    length(var.databases) == 0 ? [] : [data.aws_iam_policy_document.databases.json],
    local.witness ? [] : [data.aws_iam_policy_document.secrets.json],
    local.witness || !var.reconcile ? [] : [data.aws_iam_policy_document.kept.json],
  )
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "Taken on by the failover controller ${var.function_name} in ${var.region}."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary

  tags = var.tags
}

resource "aws_iam_role_policy" "this" {
  name   = "access"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.access.json

  lifecycle {
    precondition {
      condition     = local.policy_length <= 10240
      error_message = "The policy of ${var.name} has ${local.policy_length} characters and may have 10240, IAM's limit for the inline policies of a role: name fewer databases, or give some of them an environment of their own."
    }
  }
}
