locals {
  data_services = {
    autoscaling = {
      family = "data"
      read = [{
        actions = [
          "application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies",
          "application-autoscaling:ListTagsForResource",
        ]
        resources = ["*"]
      }]
      write = [{
        # targets have ids, and tags only once they are there
        actions = [
          "application-autoscaling:DeleteScalingPolicy", "application-autoscaling:DeregisterScalableTarget",
          "application-autoscaling:PutScalingPolicy", "application-autoscaling:RegisterScalableTarget",
          "application-autoscaling:TagResource", "application-autoscaling:UntagResource",
        ]
        resources  = ["${local.arn}:application-autoscaling:*:${local.account}:scalable-target/*"]
        conditions = local.unconditional
      }]
    }

    backup = {
      family = "data"
      read = [
        {
          actions = [
            "backup:DescribeBackupVault", "backup:GetBackupPlan", "backup:GetBackupSelection",
            "backup:GetBackupVaultAccessPolicy", "backup:ListRecoveryPointsByBackupVault", "backup:ListTags",
          ]
          resources = [local.vaults, "${local.arn}:backup:*:${local.account}:backup-plan:*"]
        },
        { actions = ["backup:DescribeRegionSettings"], resources = ["*"] },
      ]
      write = [
        {
          # no recovery point is deleted and no lock is lifted here: a person does that
          actions = [
            "backup:CreateBackupVault", "backup:DeleteBackupVault", "backup:DeleteBackupVaultAccessPolicy",
            "backup:PutBackupVaultAccessPolicy", "backup:PutBackupVaultLockConfiguration", "backup:TagResource",
            "backup:UntagResource",
          ]
          resources  = [local.vaults]
          conditions = local.unconditional
        },
        {
          actions    = ["backup:CreateBackupPlan", "backup:TagResource"]
          resources  = ["${local.arn}:backup:*:${local.account}:backup-plan:*"]
          conditions = local.created
        },
        {
          actions = [
            "backup:CreateBackupSelection", "backup:DeleteBackupPlan", "backup:DeleteBackupSelection",
            "backup:UntagResource", "backup:UpdateBackupPlan",
          ]
          resources  = ["${local.arn}:backup:*:${local.account}:backup-plan:*"]
          conditions = local.tagged
        },
        {
          # the settings are the account's, and a vault's storage has no name
          actions    = ["backup-storage:MountCapsule", "backup:UpdateRegionSettings"]
          resources  = ["*"]
          conditions = local.unconditional
        },
      ]
    }

    dynamodb = {
      family = "data"
      read = [{
        actions   = ["dynamodb:Describe*", "dynamodb:GetResourcePolicy", "dynamodb:ListTagsOfResource"]
        resources = ["${local.arn}:dynamodb:*:${local.account}:table/${local.env}-*"]
      }]
      write = [{
        # a replica is filled with the creator's own permissions (DynamoDB Developer Guide, "Using IAM with global tables")
        actions = [
          "dynamodb:BatchWriteItem", "dynamodb:CreateTable", "dynamodb:CreateTableReplica", "dynamodb:DeleteItem",
          "dynamodb:DeleteTable", "dynamodb:DeleteTableReplica", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query",
          "dynamodb:Scan", "dynamodb:TagResource", "dynamodb:UntagResource", "dynamodb:UpdateContinuousBackups",
          "dynamodb:UpdateItem", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
        ]
        resources  = ["${local.arn}:dynamodb:*:${local.account}:table/${local.env}-*"]
        conditions = local.unconditional
      }]
    }

    rds = {
      family = "data"
      read   = [{ actions = ["rds:Describe*", "rds:ListTagsForResource"], resources = concat(local.databases, ["${local.arn}:rds:*:${local.account}:db:*"]) }]
      write = [{
        actions = [
          "rds:AddTagsToResource", "rds:CreateDBCluster", "rds:CreateDBClusterParameterGroup", "rds:CreateDBInstance",
          "rds:CreateDBSubnetGroup", "rds:CreateGlobalCluster", "rds:DeleteDBCluster", "rds:DeleteDBClusterParameterGroup",
          "rds:DeleteDBInstance", "rds:DeleteDBSubnetGroup", "rds:DeleteGlobalCluster", "rds:ModifyDBCluster",
          "rds:ModifyDBClusterParameterGroup", "rds:ModifyDBInstance", "rds:ModifyDBSubnetGroup", "rds:ModifyGlobalCluster",
          "rds:RemoveFromGlobalCluster", "rds:RemoveTagsFromResource", "rds:ResetDBClusterParameterGroup",
        ]
        resources  = concat(local.databases, ["${local.arn}:rds:*:${local.account}:db:${local.env}-*"])
        conditions = local.unconditional
      }]
    }

    s3 = {
      family = "data"
      read = [{
        actions = [
          "s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration",
          "s3:GetIntelligentTieringConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration",
          "s3:ListBucket", "s3:ListTagsForResource",
        ]
        resources = ["${local.arn}:s3:::${local.env}-*"]
      }]
      write = [{
        # no object of a bucket: what is in it is nobody's to read, write or delete here
        actions = [
          "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:PutBucketCORS", "s3:PutBucketLogging",
          "s3:PutBucketObjectLockConfiguration", "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy",
          "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration",
          "s3:PutIntelligentTieringConfiguration", "s3:PutLifecycleConfiguration", "s3:PutReplicationConfiguration",
          "s3:TagResource", "s3:UntagResource",
        ]
        resources  = ["${local.arn}:s3:::${local.env}-*"]
        conditions = local.unconditional
      }]
    }

    secretsmanager = {
      family = "data"
      # a secret's version is read whole by the provider, also where its value is write-only
      read = [
        {
          actions   = ["secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:GetSecretValue"]
          resources = ["${local.arn}:secretsmanager:*:${local.account}:secret:${local.env}/*"]
        },
        { actions = ["secretsmanager:GetRandomPassword"], resources = ["*"] },
      ]
      write = [{
        actions = [
          "secretsmanager:CancelRotateSecret", "secretsmanager:CreateSecret", "secretsmanager:DeleteResourcePolicy",
          "secretsmanager:DeleteSecret", "secretsmanager:PutResourcePolicy", "secretsmanager:PutSecretValue",
          "secretsmanager:RemoveRegionsFromReplication", "secretsmanager:ReplicateSecretToRegions",
          "secretsmanager:RotateSecret", "secretsmanager:TagResource", "secretsmanager:UntagResource",
          "secretsmanager:UpdateSecret", "secretsmanager:UpdateSecretVersionStage",
        ]
        resources  = ["${local.arn}:secretsmanager:*:${local.account}:secret:${local.env}/*"]
        conditions = local.unconditional
      }]
    }

    sqs = {
      family = "data"
      read   = [{ actions = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"], resources = ["${local.arn}:sqs:*:${local.account}:${local.env}-*"] }]
      write = [{
        actions    = ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"]
        resources  = ["${local.arn}:sqs:*:${local.account}:${local.env}-*"]
        conditions = local.unconditional
      }]
    }
  }

  vaults = "${local.arn}:backup:*:${local.account}:backup-vault:${local.env}-*"

  databases = flatten([
    [for kind in ["cluster", "cluster-pg", "subgrp"] : "${local.arn}:rds:*:${local.account}:${kind}:${local.env}-*"],
    "${local.arn}:rds::${local.account}:global-cluster:${local.env}-*",
  ])
}
