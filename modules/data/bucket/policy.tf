# Who may not, whatever IAM says, and the CDN, which has no IAM identity in the account.

locals {
  partition          = data.aws_partition.current.partition
  bucket_and_objects = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]

  # by name rather than by reference: the ARN of an alias is known before the alias is
  key_alias_arns = var.kms_key_alias == null ? [] : [join(":", [
    "arn", local.partition, "kms", data.aws_region.current.name, var.account_id, "alias/${var.kms_key_alias}",
  ])]
  key_names = distinct(concat([var.kms_key_arn], local.key_alias_arns))

  # a distribution names its origins, so a bucket that named its distribution would close a circle of stacks
  distributions = ["arn:${local.partition}:cloudfront::${var.account_id}:distribution/*"]
  cdn_may = merge(
    var.cloudfront ? {
      CloudFrontReads = { action = "s3:GetObject", resource = "${aws_s3_bucket.this.arn}/*" }
    } : {},
    # without it S3 answers 403 for a key that is not there (S3 API Reference, "GetObject")
    var.cloudfront && var.missing_is_404 ? {
      CloudFrontLearnsWhatIsMissing = { action = "s3:ListBucket", resource = aws_s3_bucket.this.arn }
    } : {},
  )
}

data "aws_iam_policy_document" "this" {
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
        values   = local.key_names
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

  dynamic "statement" {
    for_each = local.cdn_may

    content {
      sid       = statement.key
      actions   = [statement.value.action]
      resources = [statement.value.resource]

      principals {
        type        = "Service"
        identifiers = ["cloudfront.amazonaws.com"]
      }

      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = local.distributions
      }
    }
  }
}

resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.this.json

  # S3 refuses two changes of a bucket's access settings at once
  depends_on = [aws_s3_bucket_public_access_block.this]
}
