# Events whose asynchronous invocation failed.

resource "aws_sqs_queue" "dead_letter" {
  count = var.dead_letter.enabled ? 1 : 0

  name                              = "${var.name}-dead-letter"
  kms_data_key_reuse_period_seconds = 300
  kms_master_key_id                 = coalesce(var.dead_letter.kms_key_arn, var.kms_key_arn)
  message_retention_seconds         = var.dead_letter.retention_days * 24 * 60 * 60

  tags = var.tags
}

data "aws_iam_policy_document" "dead_letter" {
  count = var.dead_letter.enabled ? 1 : 0

  statement {
    sid       = "EncryptedTransportOnly"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.dead_letter[0].arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "dead_letter" {
  count = var.dead_letter.enabled ? 1 : 0

  queue_url = aws_sqs_queue.dead_letter[0].url
  policy    = data.aws_iam_policy_document.dead_letter[0].json
}

resource "aws_lambda_function_event_invoke_config" "live" {
  count = var.dead_letter.enabled ? 1 : 0

  function_name                = local.alias.function_name
  maximum_event_age_in_seconds = var.dead_letter.max_event_age_seconds
  maximum_retry_attempts       = var.dead_letter.max_retries
  qualifier                    = local.alias.name
}
