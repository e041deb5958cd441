locals {
  bucket_and_objects = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "EncryptedInTransitOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = local.bucket_and_objects

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

  statement {
    sid       = "ModernTlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = local.bucket_and_objects

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "NumericLessThan"
      variable = "s3:TlsVersion"
      values   = ["1.2"]
    }
  }

  # An upload that names no encryption gets the bucket's own, so only one that names another is refused;
  # a negated condition also holds for a missing header, hence Null beside it.
  dynamic "statement" {
    for_each = {
      KmsEncryptionOnly = {
        variable = "s3:x-amz-server-side-encryption"
        values   = ["aws:kms"]
      }
      OwnKeyOnly = {
        variable = "s3:x-amz-server-side-encryption-aws-kms-key-id"
        values   = [aws_kms_key.this.arn, local.alias_arn]
      }
    }

    content {
      sid       = statement.key
      effect    = "Deny"
      actions   = ["s3:PutObject"]
      resources = ["${aws_s3_bucket.this.arn}/*"]

      principals {
        type        = "AWS"
        identifiers = ["*"]
      }

      condition {
        test     = "Null"
        variable = statement.value.variable
        values   = ["false"]
      }

      condition {
        test     = "StringNotEquals"
        variable = statement.value.variable
        values   = statement.value.values
      }
    }
  }
}

locals {
  # by name rather than by reference: the ARN of an alias is known before the alias is
  alias_arn = join(":", [
    "arn", data.aws_partition.current.partition, "kms", data.aws_region.current.name, var.account_id, "alias/${var.kms_alias}",
  ])
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.bucket.json

  # S3 refuses two changes of a bucket's access settings at once
  depends_on = [aws_s3_bucket_public_access_block.this]
}
