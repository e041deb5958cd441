# Which secrets the function may read or, if it rotates them, write.

locals {
  secret_reads = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]

  # keyed by name, which is unique in a region; six characters of AWS's own follow it in the ARN
  secrets = {
    for secret in var.secrets : secret.name => {
      arn = "arn:${local.partition}:secretsmanager:${local.regional}:secret:${secret.name}-??????"
      actions = {
        read   = local.secret_reads
        rotate = concat(local.secret_reads, ["secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"])
      }[secret.access]
      key_actions = {
        read   = ["kms:Decrypt"]
        rotate = ["kms:Decrypt", "kms:GenerateDataKey"]
      }[secret.access]
      key_alias = "alias/${secret.key_alias}"
      rotates   = secret.access == "rotate"
    }
  }
  rotates = anytrue([for secret in local.secrets : secret.rotates]) ? [true] : []
}

data "aws_iam_policy_document" "secrets" {
  dynamic "statement" {
    for_each = local.secrets

    content {
      actions   = statement.value.actions
      resources = [statement.value.arn]
    }
  }

  dynamic "statement" {
    for_each = local.secrets

    content {
      actions   = statement.value.key_actions
      resources = [local.keys]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = [statement.value.key_alias]
      }

      condition {
        test     = "StringLike"
        variable = "kms:EncryptionContext:SecretARN"
        values   = [statement.value.arn]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["secretsmanager.${var.region}.amazonaws.com"]
      }
    }
  }

  # it makes up a password and touches nothing, so it has no resource to name
  # (Service Authorization Reference, AWS Secrets Manager)
  dynamic "statement" {
    for_each = local.rotates

    content {
      sid       = "NewPasswords"
      actions   = ["secretsmanager:GetRandomPassword"]
      resources = ["*"]
    }
  }
}
