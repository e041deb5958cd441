# What the apply role may not do, whatever else allows it: give itself more, or take the state away.

locals {
  own_iam = [
    local.provider_arn,
    "arn:${local.partition}:iam::${var.account_id}:policy/${local.name}-*",
    "arn:${local.partition}:iam::${var.account_id}:role/${local.name}-*",
  ]
}

data "aws_iam_policy_document" "guard" {
  statement {
    sid    = "DeliveryIsChangedByPeople"
    effect = "Deny"
    actions = [
      "iam:Add*",
      "iam:Attach*",
      "iam:Create*",
      "iam:Delete*",
      "iam:Detach*",
      "iam:PassRole",
      "iam:Put*",
      "iam:Remove*",
      "iam:SetDefaultPolicyVersion",
      "iam:Tag*",
      "iam:Untag*",
      "iam:Update*",
    ]
    resources = local.own_iam
  }

  statement {
    sid       = "BoundariesStay"
    effect    = "Deny"
    actions   = ["iam:DeleteRolePermissionsBoundary"]
    resources = ["arn:${local.partition}:iam::${var.account_id}:role/${var.environment}-*"]
  }

  statement {
    sid    = "StateStays"
    effect = "Deny"
    actions = [
      "s3:DeleteBucket",
      "s3:DeleteBucketPolicy",
      "s3:DeleteObjectVersion",
      "s3:PutBucketOwnershipControls",
      "s3:PutBucketPolicy",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketVersioning",
      "s3:PutEncryptionConfiguration",
      "s3:PutLifecycleConfiguration",
      "s3:PutReplicationConfiguration",
    ]
    resources = concat(local.state_buckets, local.state_objects)
  }

  statement {
    sid    = "StateKeysStay"
    effect = "Deny"
    actions = [
      "kms:CreateGrant",
      "kms:DeleteAlias",
      "kms:DisableKey",
      "kms:DisableKeyRotation",
      "kms:PutKeyPolicy",
      "kms:ScheduleKeyDeletion",
      "kms:UpdateAlias",
    ]
    resources = ["arn:${local.partition}:kms:*:${var.account_id}:*"]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = local.state_keys
    }
  }
}
