data "aws_partition" "current" {}

locals {
  partition = data.aws_partition.current.partition
  regional  = "${var.region}:${var.account_id}"
  functions = [for name in var.function_names : "arn:${local.partition}:lambda:${local.regional}:function:${name}"]
  hooks     = [for name in var.hook_names : "arn:${local.partition}:lambda:${local.regional}:function:${name}"]
  topics    = [for topic in var.topics : "arn:${local.partition}:sns:${local.regional}:${topic.name}"]
  topic_keys = distinct([
    for topic in var.topics : "alias/${topic.key_alias}"
  ])
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "CodeDeployTakesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["codedeploy.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values = [
        for name in var.function_names : "arn:${local.partition}:codedeploy:${local.regional}:deploymentgroup:${name}/*"
      ]
    }
  }
}

data "aws_iam_policy_document" "access" {
  # an alias is a resource of its own, a version too
  statement {
    sid = "MoveAliases"
    actions = [
      "lambda:GetAlias",
      "lambda:GetProvisionedConcurrencyConfig",
      "lambda:UpdateAlias",
    ]
    resources = concat(local.functions, [for function in local.functions : "${function}:*"])
  }

  # CodeDeploy asks for several at once, also for those that somebody else added to a group
  statement {
    sid       = "ReadAlarms"
    actions   = ["cloudwatch:DescribeAlarms"]
    resources = ["arn:${local.partition}:cloudwatch:${local.regional}:alarm:*"]
  }

  dynamic "statement" {
    for_each = length(local.hooks) > 0 ? [local.hooks] : []

    content {
      sid       = "TestNewVersions"
      actions   = ["lambda:InvokeFunction"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(local.topics) > 0 ? [local.topics] : []

    content {
      sid       = "TellOfReleases"
      actions   = ["sns:Publish"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(local.topic_keys) > 0 ? [local.topic_keys] : []

    content {
      sid       = "EncryptWhatIsTold"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = ["arn:${local.partition}:kms:${local.regional}:key/*"]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = statement.value
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["sns.${var.region}.amazonaws.com"]
      }
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "Taken on by CodeDeploy to release functions in ${var.region}."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary

  tags = var.tags
}

resource "aws_iam_role_policy" "this" {
  name   = "release"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.access.json
}
