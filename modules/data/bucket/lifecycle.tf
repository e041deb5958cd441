# Where objects go as they age.

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    id     = "expire-old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.noncurrent_days
    }

    expiration {
      expired_object_delete_marker = true
    }
  }

  rule {
    id     = "abort-incomplete-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = var.abort_uploads_days
    }
  }

  dynamic "rule" {
    for_each = var.intelligent_tiering ? ["INTELLIGENT_TIERING"] : []

    content {
      id     = "intelligent-tiering"
      status = "Enabled"

      filter {}

      transition {
        days          = 0
        storage_class = rule.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_intelligent_tiering_configuration" "archive" {
  count = length(local.archive_tiers) > 0 ? 1 : 0

  bucket = aws_s3_bucket.this.id
  name   = "archive"
  status = "Enabled"

  dynamic "tiering" {
    for_each = local.archive_tiers

    content {
      access_tier = tiering.key
      days        = tiering.value
    }
  }
}

locals {
  archive_tiers = {
    for tier, days in {
      ARCHIVE_ACCESS      = var.archive.access_days
      DEEP_ARCHIVE_ACCESS = var.archive.deep_access_days
    } : tier => days if days != null
  }
}
