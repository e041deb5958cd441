# What S3 may do as the role (S3 User Guide, "Setting up permissions for live replication" and
# "Replicating encrypted objects"): read versions at one end, write replicas at the others.

data "aws_iam_policy_document" "access" {
  statement {
    sid       = "ReadTheRules"
    actions   = ["s3:GetReplicationConfiguration", "s3:ListBucket"]
    resources = [local.source.arn]
  }

  statement {
    sid = "ReadVersions"
    actions = concat(
      ["s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"],
      var.object_lock ? ["s3:GetObjectLegalHold", "s3:GetObjectRetention"] : [],
    )
    resources = ["${local.source.arn}/*"]
  }

  statement {
    sid       = "WriteReplicas"
    actions   = ["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"]
    resources = [for destination in local.destinations : "${destination.arn}/*"]
  }

  dynamic "statement" {
    for_each = length(local.foreign_buckets) > 0 ? [local.foreign_buckets] : []

    content {
      sid       = "GiveReplicasToTheOtherAccount"
      actions   = ["s3:ObjectOwnerOverrideToBucketOwner"]
      resources = statement.value
    }
  }

  statement {
    sid       = "DecryptTheSource"
    actions   = ["kms:Decrypt"]
    resources = [local.source.keys]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = [local.source.alias]
    }

    # the bucket with a bucket key, the object for what was written without one
    condition {
      test     = "StringLike"
      variable = "kms:EncryptionContext:aws:s3:arn"
      values   = [local.source.arn, "${local.source.arn}/*"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["s3.${local.source.region}.amazonaws.com"]
    }
  }

  dynamic "statement" {
    for_each = local.destinations

    content {
      actions   = ["kms:Encrypt", "kms:GenerateDataKey"]
      resources = [statement.value.keys]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = [statement.value.alias]
      }

      condition {
        test     = "StringLike"
        variable = "kms:EncryptionContext:aws:s3:arn"
        values   = [statement.value.arn, "${statement.value.arn}/*"]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["s3.${statement.value.region}.amazonaws.com"]
      }
    }
  }
}
