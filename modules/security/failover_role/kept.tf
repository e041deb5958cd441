# What a failover left behind: a snapshot of the lost writer, restored beside its cluster for as long as its rows are
# compared. Restored clusters are named <member>-kept, and nothing of another name can be made or deleted.
locals {
  own_identifiers = [for member in local.own_members : element(split(":", member), 6)]
  rds             = "arn:${local.partition}:rds:${local.regional}"
  kept_clusters   = var.reconcile ? [for member in local.own_members : "${member}-kept"] : []
}

data "aws_iam_policy_document" "kept" {
  # asked by filter, which IAM checks against all of the region
  statement {
    sid       = "SeeWhatWasKept"
    actions   = ["rds:DescribeDBClusterSnapshots", "rds:DescribeDBClusters", "rds:DescribeDBInstances"]
    resources = ["${local.rds}:cluster-snapshot:*", "${local.rds}:cluster:*", "${local.rds}:db:*"]
  }

  # IAM checks all that a restore names: the snapshot, the new cluster, its groups
  statement {
    sid     = "RestoreWhatWasKept"
    actions = ["rds:RestoreDBClusterFromSnapshot"]
    resources = concat(local.kept_clusters, ["${local.rds}:cluster-snapshot:rds:unplanned-global-failover-*"], flatten([
      for identifier in local.own_identifiers : [
        "${local.rds}:cluster-pg:${identifier}-*",
        "${local.rds}:subgrp:${identifier}",
      ]
    ]))
  }

  statement {
    sid     = "RunWhatWasKept"
    actions = ["rds:CreateDBInstance", "rds:DeleteDBCluster", "rds:DeleteDBInstance"]
    resources = concat(
      local.kept_clusters,
      [for identifier in local.own_identifiers : "${local.rds}:db:${identifier}-kept-1"],
      [for identifier in local.own_identifiers : "${local.rds}:subgrp:${identifier}"],
    )
  }

  # RDS works on encrypted storage with a grant that the caller gives it
  statement {
    sid       = "DecryptWhatWasKept"
    actions   = ["kms:CreateGrant"]
    resources = ["arn:${local.partition}:kms:${local.regional}:key/*"]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${coalesce(var.database_key_alias, var.kms_alias)}"]
    }

    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["rds.${var.region}.amazonaws.com"]
    }
  }

  statement {
    sid       = "SeeKeyOfWhatWasKept"
    actions   = ["kms:DescribeKey"]
    resources = ["arn:${local.partition}:kms:${local.regional}:key/*"]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${coalesce(var.database_key_alias, var.kms_alias)}"]
    }
  }
}
