# The most that a role of the environment can ever do. It grants nothing: a role does what its own policy and this allow.

locals {
  role_boundary = (
    var.role_boundary == null
    ? "arn:${local.partition}:iam::${var.account_id}:policy/${local.name}-boundary"
    : var.role_boundary
  )
}

data "aws_iam_policy_document" "boundary" {
  statement {
    sid = "ByName"
    actions = [
      "backup:Copy*BackupVault",
      "backup:DescribeBackupVault",
      "backup:TagResource",
      "cloudwatch:DescribeAlarms",
      "dynamodb:*Item",
      "dynamodb:ConditionCheckItem",
      "dynamodb:DescribeTable",
      "dynamodb:ListTagsOfResource",
      "dynamodb:Query",
      "dynamodb:StartAwsBackupJob",
      "events:PutEvents",
      "lambda:GetAlias",
      "lambda:GetProvisionedConcurrencyConfig",
      "lambda:InvokeFunction",
      "lambda:UpdateAlias",
      "logs:*Log*",
      "rds-data:ExecuteStatement",
      "rds:*DB*",
      "rds:*GlobalCluster*",
      "rds:AddTagsToResource",
      "rds:ListTagsForResource",
      "s3:*Object*",
      "s3:AbortMultipartUpload",
      "s3:GetReplicationConfiguration",
      "s3:ListBucket",
      "s3:Replicate*",
      "secretsmanager:*Secret*",
      "secretsmanager:StopReplicationToReplica",
      "sns:Publish",
      "sqs:SendMessage",
    ]
    resources = [
      "${local.arn}:backup:*:${local.account}:backup-vault:${local.env}-*",
      "${local.arn}:backup:*:${local.account}:recovery-point:*",
      "${local.arn}:cloudwatch:*:${local.account}:alarm:*",
      "${local.arn}:dynamodb:*:${local.account}:table/${local.env}-*",
      "${local.arn}:lambda:*:${local.account}:function:${local.env}-*",
      "${local.arn}:lambda:*:${local.account}:function:CodeDeployHook_${local.env}-*",
      "${local.arn}:logs:*:${local.account}:log-group:*",
      "${local.arn}:rds:*:${local.account}:*:${local.env}-*",
      "${local.arn}:rds::${local.account}:global-cluster:${local.env}-*",
      # snapshots that AWS Backup makes, by the names that it gives them
      "${local.arn}:rds:*:${local.account}:cluster-snapshot:awsbackup:*",
      # a cluster that is made anew names the defaults of the account
      "${local.arn}:rds:*:${local.account}:*:default*",
      "${local.arn}:s3:::${local.env}-*",
      "${local.arn}:secretsmanager:*:${local.account}:secret:${local.env}/*",
      "${local.arn}:sns:*:${local.account}:${local.env}-*",
      "${local.arn}:sqs:*:${local.account}:${local.env}-*",
    ]
  }

  statement {
    sid       = "ByTag"
    actions   = ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
    resources = ["${local.arn}:kms:*:${local.account}:key/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/environment"
      values   = [local.env]
    }
  }

  # AWS names no resource for these
  statement {
    sid = "WithoutAResource"
    actions = [
      "cloudwatch:GetMetricData",
      "cloudwatch:PutMetricData",
      "ec2:AssignPrivateIpAddresses",
      "ec2:CreateNetworkInterface",
      "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces",
      "ec2:DescribeSubnets",
      "ec2:UnassignPrivateIpAddresses",
      "rds:Describe*",
      "secretsmanager:GetRandomPassword",
      "xray:PutTelemetryRecords",
      "xray:PutTraceSegments",
    ]
    resources = ["*"]
  }

  # whatever a role's own policy says: the state is Terraform's alone
  statement {
    sid       = "NotTheState"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = concat(local.state_buckets, local.state_objects)
  }
}

resource "aws_iam_policy" "boundary" {
  count = var.role_boundary == null ? 1 : 0

  name        = "${local.name}-boundary"
  description = "The most that a role of ${var.environment} can ever do."
  policy      = data.aws_iam_policy_document.boundary.json

  tags = var.tags
}
