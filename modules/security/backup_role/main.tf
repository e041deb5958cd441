data "aws_partition" "current" {}

locals {
  partition = data.aws_partition.current.partition
  arn       = "arn:${local.partition}"
  account   = var.account_id

  regions = concat([var.region], keys(var.copy_vaults))
  home    = "${local.arn}:backup:${var.region}:${local.account}:backup-vault:${var.vault.name}"
  copies = [
    for region, vault in var.copy_vaults : "${local.arn}:backup:${region}:${local.account}:backup-vault:${vault.name}"
  ]

  tables   = [for name in var.tables : "${local.arn}:dynamodb:${var.region}:${local.account}:table/${name}"]
  clusters = [for identifier in var.clusters : "${local.arn}:rds:${var.region}:${local.account}:cluster:${identifier}"]
  # the names that AWS Backup gives to the snapshots that it makes
  snapshots = {
    for region in local.regions : region => "${local.arn}:rds:${region}:${local.account}:cluster-snapshot:awsbackup:*"
  }
  recovery_points = {
    for region in local.regions : region => "${local.arn}:backup:${region}:${local.account}:recovery-point:*"
  }

  # by region, the aliases of all keys that something is read under or written under
  key_aliases = merge(
    { (var.region) = distinct(compact([var.vault.key_alias, var.table_key_alias, var.cluster_key_alias])) },
    { for region, vault in var.copy_vaults : region => [vault.key_alias] },
  )
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "BackupTakesTheRole"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["backup.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "Taken on by AWS Backup to back up stores of ${var.region} and to copy the backups to other regions."
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary

  tags = var.tags
}

resource "aws_iam_role_policy" "this" {
  name   = "backup"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.access.json
}
