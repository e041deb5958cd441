# What the function may do with objects.

locals {
  object_reads  = ["s3:GetObject"]
  object_writes = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]

  # keyed by bucket name, which is unique
  buckets = {
    for bucket in var.bucket_access : bucket.bucket_name => {
      arn = "arn:${local.partition}:s3:::${bucket.bucket_name}"
      actions = {
        read         = local.object_reads
        write        = local.object_writes
        "read-write" = local.object_writes
        probe        = []
      }[bucket.access]
      # an upload in parts reads back what it encrypted
      key_actions = {
        read         = ["kms:Decrypt"]
        write        = ["kms:Decrypt", "kms:GenerateDataKey"]
        "read-write" = ["kms:Decrypt", "kms:GenerateDataKey"]
        probe        = []
      }[bucket.access]
      key_alias = "alias/${bucket.key_alias}"
      probe     = bucket.access == "probe"
    }
  }
  buckets_with_objects = { for name, bucket in local.buckets : name => bucket if !bucket.probe }
}

data "aws_iam_policy_document" "buckets" {
  # to list is also what tells a missing key (404) from a forbidden one (403)
  dynamic "statement" {
    for_each = local.buckets

    content {
      actions   = ["s3:ListBucket"]
      resources = [statement.value.arn]

      # a request that names no number, and so would get a thousand keys, fails the condition
      dynamic "condition" {
        for_each = statement.value.probe ? ["1"] : []

        content {
          test     = "NumericLessThanEquals"
          variable = "s3:max-keys"
          values   = [condition.value]
        }
      }
    }
  }

  dynamic "statement" {
    for_each = local.buckets_with_objects

    content {
      actions   = statement.value.actions
      resources = ["${statement.value.arn}/*"]
    }
  }

  # S3 names the bucket with a bucket key, and the object for what was written without one
  dynamic "statement" {
    for_each = local.buckets_with_objects

    content {
      actions   = statement.value.key_actions
      resources = [local.keys]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = [statement.value.key_alias]
      }

      condition {
        test     = "StringLike"
        variable = "kms:EncryptionContext:aws:s3:arn"
        values   = [statement.value.arn, "${statement.value.arn}/*"]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["s3.${var.region}.amazonaws.com"]
      }
    }
  }
}
