# Whether this region is admitted to write: the function reads it in the region's own control table.

locals {
  control_tables = var.control_table == null ? [] : [var.control_table]
}

data "aws_iam_policy_document" "control_table" {
  dynamic "statement" {
    for_each = local.control_tables

    content {
      sid       = "ReadAdmission"
      actions   = ["dynamodb:GetItem"]
      resources = ["arn:${local.partition}:dynamodb:${local.regional}:table/${statement.value.name}"]
    }
  }

  dynamic "statement" {
    for_each = local.control_tables

    content {
      sid       = "DecryptAdmission"
      actions   = ["kms:Decrypt"]
      resources = [local.keys]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = ["alias/${statement.value.key_alias}"]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:aws:dynamodb:tableName"
        values   = [statement.value.name]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["dynamodb.${var.region}.amazonaws.com"]
      }
    }
  }
}
