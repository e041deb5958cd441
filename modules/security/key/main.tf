data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  root = "arn:${data.aws_partition.current.partition}:iam::${var.account_id}:root"

  # CloudWatch Logs is regional and names no account in its calls, only the log group
  # in the encryption context, so its statement has a condition of its own
  logs           = { for service in var.services : service => service if startswith(service, "logs.") }
  other_services = setsubtract(var.services, keys(local.logs))
}

data "aws_iam_policy_document" "this" {
  # without this statement IAM policies cannot allow any use, and a key can be locked for good
  statement {
    sid       = "AccountAdministration"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.root]
    }
  }

  dynamic "statement" {
    for_each = length(local.logs) > 0 ? [keys(local.logs)] : []

    content {
      sid = "LogGroupsOfThisAccount"
      actions = [
        "kms:Decrypt*",
        "kms:Describe*",
        "kms:Encrypt*",
        "kms:GenerateDataKey*",
        "kms:ReEncrypt*",
      ]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = statement.value
      }

      condition {
        test     = "ArnLike"
        variable = "kms:EncryptionContext:aws:logs:arn"
        values = [
          "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.name}:${var.account_id}:log-group:*",
        ]
      }
    }
  }

  dynamic "statement" {
    for_each = length(local.other_services) > 0 ? [local.other_services] : []

    content {
      sid = "ServicesForThisAccount"
      actions = [
        "kms:Decrypt",
        "kms:DescribeKey",
        "kms:GenerateDataKey*",
      ]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = statement.value
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [var.account_id]
      }
    }
  }

  dynamic "statement" {
    for_each = var.cloudfront ? [true] : []

    # by the account's distributions and not by one, which would have to exist before the key
    content {
      sid       = "CloudFrontReadsForThisAccount"
      actions   = ["kms:Decrypt"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = ["cloudfront.amazonaws.com"]
      }

      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = ["arn:${data.aws_partition.current.partition}:cloudfront::${var.account_id}:distribution/*"]
      }
    }
  }
}

resource "aws_kms_key" "this" {
  description             = var.description
  deletion_window_in_days = var.deletion_window_days
  enable_key_rotation     = true
  multi_region            = var.multi_region
  policy                  = data.aws_iam_policy_document.this.json
  rotation_period_in_days = var.rotation_period_days

  tags = var.tags
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.alias}"
  target_key_id = aws_kms_key.this.key_id
}
