# What AWS Backup may do as the role: of the actions of AWS's own policy for it (AWS Managed Policy Reference,
# "AWSBackupServiceRolePolicyForBackup") those of tables, of Aurora clusters and of copies, on what is named here.

data "aws_iam_policy_document" "access" {
  statement {
    sid       = "UseVaults"
    actions   = ["backup:DescribeBackupVault"]
    resources = concat([local.home], local.copies)
  }

  statement {
    sid       = "TagRecoveryPoints"
    actions   = ["backup:TagResource"]
    resources = values(local.recovery_points)
  }

  dynamic "statement" {
    for_each = length(local.copies) > 0 ? [local.copies] : []

    content {
      sid       = "CopyIntoVaults"
      actions   = ["backup:CopyIntoBackupVault"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = length(local.copies) > 0 ? [true] : []

    # a cluster's recovery point is a snapshot of RDS
    content {
      sid     = "CopyFromTheVault"
      actions = ["backup:CopyFromBackupVault"]
      resources = concat(
        [local.recovery_points[var.region]],
        length(local.clusters) > 0 ? [local.snapshots[var.region]] : [],
      )
    }
  }

  dynamic "statement" {
    for_each = length(local.tables) > 0 ? [local.tables] : []

    # not dynamodb:CreateBackup, which makes backups that cannot be copied
    content {
      sid       = "BackUpTables"
      actions   = ["dynamodb:DescribeTable", "dynamodb:ListTagsOfResource", "dynamodb:StartAwsBackupJob"]
      resources = statement.value
    }
  }

  dynamic "statement" {
    for_each = var.table_key_alias == null ? [] : [var.table_key_alias]

    # a table is under its own key, its backup under the vault's
    content {
      sid       = "EncryptThroughDynamoDB"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = ["${local.arn}:kms:${var.region}:${local.account}:key/*"]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = distinct(["alias/${statement.value}", "alias/${var.vault.key_alias}"])
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["dynamodb.${var.region}.amazonaws.com"]
      }
    }
  }

  dynamic "statement" {
    for_each = length(local.clusters) > 0 ? [local.clusters] : []

    content {
      sid       = "SnapshotClusters"
      actions   = ["rds:CreateDBClusterSnapshot"]
      resources = concat(statement.value, [local.snapshots[var.region]])
    }
  }

  dynamic "statement" {
    for_each = length(local.clusters) > 0 ? [local.clusters] : []

    content {
      sid       = "ReadClusters"
      actions   = ["rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusters", "rds:ListTagsForResource"]
      resources = concat(statement.value, values(local.snapshots))
    }
  }

  dynamic "statement" {
    for_each = length(local.clusters) > 0 ? [true] : []

    # deletion is how a snapshot's life ends: AWS Backup calls RDS as this role
    content {
      sid = "CopyAndExpireSnapshots"
      actions = [
        "rds:AddTagsToResource", "rds:CopyDBClusterSnapshot", "rds:DeleteDBClusterSnapshot",
      ]
      resources = values(local.snapshots)
    }
  }

  dynamic "statement" {
    for_each = local.key_aliases

    content {
      actions   = ["kms:DescribeKey"]
      resources = ["${local.arn}:kms:${statement.key}:${local.account}:key/*"]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = [for alias in statement.value : "alias/${alias}"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.key_aliases

    # RDS, DynamoDB and AWS Backup encrypt by grants, which only a service can use
    content {
      actions   = ["kms:CreateGrant"]
      resources = ["${local.arn}:kms:${statement.key}:${local.account}:key/*"]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = [for alias in statement.value : "alias/${alias}"]
      }

      condition {
        test     = "Bool"
        variable = "kms:GrantIsForAWSResource"
        values   = ["true"]
      }
    }
  }
}
