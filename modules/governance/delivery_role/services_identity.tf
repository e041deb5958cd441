locals {
  identity_services = {
    iam = {
      family = "identity"
      read = [
        {
          actions   = ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies"]
          resources = ["${local.arn}:iam::${local.account}:role/${local.env}-*"]
        },
        {
          # of the stack `state`, where this module is
          actions   = ["iam:GetOpenIDConnectProvider", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyVersions"]
          resources = ["${local.arn}:iam::${local.account}:policy/${local.env}-*", local.provider_arn]
        },
      ]
      write = [
        {
          # a role with less of a limit than this one would be a way to every permission
          actions   = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
          resources = ["${local.arn}:iam::${local.account}:role/${local.env}-*"]
          conditions = [{
            test     = "StringEquals"
            variable = "iam:PermissionsBoundary"
            values   = [local.role_boundary]
          }]
        },
        {
          actions = [
            "iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
          ]
          resources  = ["${local.arn}:iam::${local.account}:role/${local.env}-*"]
          conditions = local.unconditional
        },
        {
          actions   = ["iam:PassRole"]
          resources = ["${local.arn}:iam::${local.account}:role/${local.env}-*"]
          conditions = [{
            test     = "StringEquals"
            variable = "iam:PassedToService"
            values = [
              "apigateway.amazonaws.com", "backup.amazonaws.com", "codedeploy.amazonaws.com", "lambda.amazonaws.com",
              "s3.amazonaws.com",
            ]
          }]
        },
        {
          actions   = ["iam:CreateServiceLinkedRole"]
          resources = ["${local.arn}:iam::${local.account}:role/aws-service-role/*"]
          conditions = [{
            test     = "StringEquals"
            variable = "iam:AWSServiceName"
            values = [
              "backup.amazonaws.com", "dynamodb.application-autoscaling.amazonaws.com", "lambda.application-autoscaling.amazonaws.com",
              "ops.apigateway.amazonaws.com", "rds.amazonaws.com", "replication.dynamodb.amazonaws.com", "wafv2.amazonaws.com",
            ]
          }]
        },
      ]
    }

    kms = {
      family = "identity"
      read = [
        {
          actions   = ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"]
          resources = ["${local.arn}:kms:*:${local.account}:key/*"]
        },
        { actions = ["kms:ListAliases"], resources = ["*"] },
      ]
      write = [
        { actions = ["kms:CreateKey", "kms:TagResource"], resources = ["*"], conditions = local.created },
        {
          actions = [
            "kms:CreateAlias", "kms:DeleteAlias", "kms:DisableKeyRotation", "kms:EnableKeyRotation", "kms:PutKeyPolicy",
            "kms:ScheduleKeyDeletion", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
          ]
          resources  = ["${local.arn}:kms:*:${local.account}:key/*"]
          conditions = local.tagged
        },
        {
          actions    = ["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"]
          resources  = ["${local.arn}:kms:*:${local.account}:alias/${local.env}-*"]
          conditions = local.unconditional
        },
        {
          # what services encrypt while they create something, with the creator's permissions
          actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:RetireGrant"]
          resources = ["${local.arn}:kms:*:${local.account}:key/*"]
          conditions = concat(local.tagged, [{
            test     = "StringLike"
            variable = "kms:ViaService"
            values   = [for service in ["backup", "dynamodb", "lambda", "rds", "secretsmanager", "sqs"] : "${service}.*.amazonaws.com"]
          }])
        },
        {
          actions   = ["kms:CreateGrant"]
          resources = ["${local.arn}:kms:*:${local.account}:key/*"]
          conditions = concat(local.tagged, [{
            test     = "Bool"
            variable = "kms:GrantIsForAWSResource"
            values   = ["true"]
          }])
        },
      ]
    }
  }
}
