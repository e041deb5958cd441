locals {
  account_id = split(":", var.kms_key_arn)[4]
}

resource "aws_cloudwatch_log_group" "this" {
  # AWS WAF takes only groups whose names begin so
  name              = "aws-waf-logs-${var.name}"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days

  tags = var.tags
}

# what AWS WAF would otherwise add by itself, to a policy that it shares with every other log of the account
data "aws_iam_policy_document" "logs" {
  statement {
    sid       = "AWSLogDeliveryWrite"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:log-stream:*"]

    principals {
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.name}:${local.account_id}:*"]
    }
  }
}

resource "aws_cloudwatch_log_resource_policy" "this" {
  policy_name     = aws_cloudwatch_log_group.this.name
  policy_document = data.aws_iam_policy_document.logs.json
}

resource "aws_wafv2_web_acl_logging_configuration" "this" {
  resource_arn            = aws_wafv2_web_acl.this.arn
  log_destination_configs = [aws_cloudwatch_log_group.this.arn]

  dynamic "redacted_fields" {
    for_each = toset(["authorization", "cookie"])

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }

  dynamic "logging_filter" {
    for_each = var.log_requests == "all" ? [] : ["KEEP"]

    content {
      default_behavior = "DROP"

      filter {
        behavior    = logging_filter.value
        requirement = "MEETS_ANY"

        dynamic "condition" {
          for_each = toset(["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"])

          content {
            action_condition {
              action = condition.value
            }
          }
        }
      }
    }
  }

  depends_on = [aws_cloudwatch_log_resource_policy.this]
}
