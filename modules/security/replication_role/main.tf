data "aws_partition" "current" {}

locals {
  partition = data.aws_partition.current.partition

  source = {
    arn    = "arn:${local.partition}:s3:::${var.source_bucket.bucket}"
    alias  = "alias/${var.source_bucket.key_alias}"
    keys   = "arn:${local.partition}:kms:${var.source_bucket.region}:${var.account_id}:key/*"
    region = var.source_bucket.region
  }

  # by bucket name, which is unique in all of AWS
  destinations = {
    for destination in concat([var.destination], values(var.further_destinations)) : destination.bucket => {
      arn    = "arn:${local.partition}:s3:::${destination.bucket}"
      alias  = "alias/${destination.key_alias}"
      keys   = "arn:${local.partition}:kms:${destination.region}:${coalesce(destination.account_id, var.account_id)}:key/*"
      region = destination.region
    }
  }

  foreign_buckets = [
    for destination in concat([var.destination], values(var.further_destinations)) :
    "arn:${local.partition}:s3:::${destination.bucket}/*"
    if coalesce(destination.account_id, var.account_id) != var.account_id
  ]
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "S3TakesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["s3.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "Taken on by S3 to replicate ${var.source_bucket.bucket}."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary

  tags = var.tags
}

resource "aws_iam_role_policy" "this" {
  name   = "replicate"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.access.json
}
