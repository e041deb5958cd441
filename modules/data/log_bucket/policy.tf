# Only the services that are named may write, each for what it logs.

data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = var.writers

    content {
      sid       = statement.key
      actions   = ["s3:PutObject"]
      resources = ["${local.bucket_arn}/${statement.value.prefix}*"]

      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }

      dynamic "condition" {
        for_each = statement.value.acl == null ? [] : [statement.value.acl]

        content {
          test     = "StringEquals"
          variable = "s3:x-amz-acl"
          values   = [condition.value]
        }
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [var.account_id]
      }

      condition {
        test     = anytrue([for arn in statement.value.source_arns : strcontains(arn, "*")]) ? "ArnLike" : "ArnEquals"
        variable = "aws:SourceArn"
        values   = statement.value.source_arns
      }
    }
  }

  statement {
    sid       = "EncryptedInTransitOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.bucket_arn, "${local.bucket_arn}/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.this.json

  # S3 refuses two changes of a bucket's access settings at once
  depends_on = [aws_s3_bucket_public_access_block.this]
}
