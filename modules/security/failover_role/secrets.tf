# The databases' secrets: read the administrator's here, make this region's copies the ones that count.
locals {
  # Secrets Manager adds a hyphen and six characters to a name
  own_secrets = {
    for name in sort(flatten([for database in var.databases : tolist(database.secrets)])) :
    name => "arn:${local.partition}:secretsmanager:${local.regional}:secret:${name}-??????"
  }
  own_admin_secrets = [
    for name in sort([for database in var.databases : database.admin_secret]) :
    "arn:${local.partition}:secretsmanager:${local.regional}:secret:${name}-??????"
  ]
  secret_arns = [
    for name in keys(local.own_secrets) : "arn:${local.partition}:secretsmanager:*:${var.account_id}:secret:${name}-??????"
  ]
  other_secret_regions = { for region, alias in var.secret_key_aliases : region => alias if region != var.region }
}

data "aws_iam_policy_document" "secrets" {
  statement {
    sid       = "ReadAdministrators"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = local.own_admin_secrets
  }

  # Called in the region whose copy is to count, and answered by it alone. The condition binds the one action that
  # names regions; ForAllValues holds for the others, which name none.
  statement {
    sid = "PromoteAndReplicateSecrets"
    actions = [
      "secretsmanager:DescribeSecret",
      "secretsmanager:ReplicateSecretToRegions",
      "secretsmanager:StopReplicationToReplica",
    ]
    resources = values(local.own_secrets)

    condition {
      test     = "ForAllValues:StringEquals"
      variable = "secretsmanager:AddReplicaRegions"
      values   = keys(var.secret_key_aliases)
    }
  }

  # to read a secret, and to replicate it from here
  dynamic "statement" {
    for_each = [for region, alias in var.secret_key_aliases : alias if region == var.region]

    content {
      sid       = "DecryptSecrets"
      actions   = ["kms:Decrypt"]
      resources = ["arn:${local.partition}:kms:${local.regional}:key/*"]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = ["alias/${statement.value}"]
      }

      condition {
        test     = "StringLike"
        variable = "kms:EncryptionContext:SecretARN"
        values   = local.secret_arns
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["secretsmanager.${var.region}.amazonaws.com"]
      }
    }
  }

  # the caller of ReplicateSecretToRegions encrypts the replica under the other region's key
  dynamic "statement" {
    for_each = length(local.other_secret_regions) == 0 ? [] : [local.other_secret_regions]

    content {
      sid     = "EncryptReplicas"
      actions = ["kms:Encrypt", "kms:GenerateDataKey"]
      resources = [
        for region in keys(statement.value) : "arn:${local.partition}:kms:${region}:${var.account_id}:key/*"
      ]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = [for alias in values(statement.value) : "alias/${alias}"]
      }

      condition {
        test     = "StringLike"
        variable = "kms:EncryptionContext:SecretARN"
        values   = local.secret_arns
      }
    }
  }
}
