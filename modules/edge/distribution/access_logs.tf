# Standard logging v2: CloudWatch's log delivery writes to a bucket without access control lists.
# The v1 argument of a distribution needs a bucket that has them.

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  logs = var.logs == null ? {} : {
    # the ARN by name, so that the plan can show the policy
    this = merge(var.logs, { bucket_arn = "arn:${data.aws_partition.current.partition}:s3:::${var.logs.bucket_name}" })
  }
}

resource "aws_s3_bucket" "logs" {
  for_each = local.logs

  bucket        = each.value.bucket_name
  force_destroy = each.value.force_destroy

  tags = var.tags

  depends_on = [terraform_data.upstream]
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  for_each = local.logs

  bucket = aws_s3_bucket.logs[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "logs" {
  for_each = local.logs

  bucket = aws_s3_bucket.logs[each.key].id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  for_each = local.logs

  bucket = aws_s3_bucket.logs[each.key].id

  rule {
    bucket_key_enabled = true

    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = each.value.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  for_each = local.logs

  bucket = aws_s3_bucket.logs[each.key].id

  rule {
    id     = "expire-logs"
    status = "Enabled"

    filter {}

    expiration {
      days = each.value.retention_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}

data "aws_iam_policy_document" "logs" {
  for_each = local.logs

  # word for word what log delivery asks for: it would add what it misses itself
  statement {
    sid       = "AWSLogDeliveryWrite"
    actions   = ["s3:PutObject"]
    resources = ["${each.value.bucket_arn}/AWSLogs/${each.value.account_id}/*"]

    principals {
      type        = "Service"
      identifiers = ["delivery.logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [each.value.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:logs:us-east-1:${each.value.account_id}:delivery-source:*"]
    }
  }

  statement {
    sid       = "EncryptedInTransitOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [each.value.bucket_arn, "${each.value.bucket_arn}/*"]

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

resource "aws_s3_bucket_policy" "logs" {
  for_each = local.logs

  bucket = aws_s3_bucket.logs[each.key].id
  policy = data.aws_iam_policy_document.logs[each.key].json

  depends_on = [aws_s3_bucket_public_access_block.logs]
}

resource "aws_cloudwatch_log_delivery_source" "this" {
  for_each = local.logs

  name         = var.name
  log_type     = "ACCESS_LOGS"
  resource_arn = aws_cloudfront_distribution.this.arn

  tags = var.tags

  lifecycle {
    precondition {
      condition     = data.aws_region.current.name == "us-east-1"
      error_message = "CloudFront's logs are delivered from us-east-1 only: call this module with a provider of that region, not of ${data.aws_region.current.name}."
    }
  }
}

resource "aws_cloudwatch_log_delivery_destination" "this" {
  for_each = local.logs

  name          = var.name
  output_format = "json"

  delivery_destination_configuration {
    destination_resource_arn = aws_s3_bucket.logs[each.key].arn
  }

  tags = var.tags

  depends_on = [aws_s3_bucket_policy.logs]
}

resource "aws_cloudwatch_log_delivery" "this" {
  for_each = local.logs

  delivery_source_name     = aws_cloudwatch_log_delivery_source.this[each.key].name
  delivery_destination_arn = aws_cloudwatch_log_delivery_destination.this[each.key].arn

  tags = var.tags
}
