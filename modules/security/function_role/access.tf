# What the function may do; every statement names resources of its own region and account.

locals {
  reads  = ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:Query"]
  writes = ["dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]

  # keyed by table name, which is unique; indexes only matter to Query
  tables = {
    for table in var.table_access : table.table_name => {
      actions = {
        read         = local.reads
        write        = local.writes
        "read-write" = sort(distinct(concat(local.reads, local.writes)))
        probe        = ["dynamodb:GetItem", "dynamodb:PutItem"]
      }[table.access]
      key_alias = "alias/${table.key_alias}"
      probe     = table.access == "probe"
      resources = concat(
        ["arn:${local.partition}:dynamodb:${local.regional}:table/${table.table_name}"],
        contains(["read", "read-write"], table.access)
        ? ["arn:${local.partition}:dynamodb:${local.regional}:table/${table.table_name}/index/*"]
        : [],
      )
    }
  }

  traces = var.tracing ? [true] : []
  # a null name must not reach the template of the ARN
  dead_letters = var.dead_letter_queue_name == null ? [] : [var.dead_letter_queue_name]
}

data "aws_iam_policy_document" "access" {
  source_policy_documents = [
    data.aws_iam_policy_document.buckets.json,
    data.aws_iam_policy_document.control_table.json,
    data.aws_iam_policy_document.network.json,
    data.aws_iam_policy_document.secrets.json,
  ]

  statement {
    sid       = "OwnLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group}:*"]
  }

  dynamic "statement" {
    for_each = local.traces

    # X-Ray has no resource to name for these two (Service Authorization Reference, AWS X-Ray)
    content {
      sid       = "Traces"
      actions   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = local.tables

    content {
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.probe ? ["health#*"] : []

        content {
          test     = "ForAllValues:StringLike"
          variable = "dynamodb:LeadingKeys"
          values   = [condition.value]
        }
      }

      # ForAllValues also holds for a request that carries no key at all
      dynamic "condition" {
        for_each = statement.value.probe ? ["false"] : []

        content {
          test     = "Null"
          variable = "dynamodb:LeadingKeys"
          values   = [condition.value]
        }
      }
    }
  }

  # DynamoDB decrypts the table's own key with the caller's permission, for reads and writes
  # alike; everything else it does with the grants of whoever created the table
  dynamic "statement" {
    for_each = local.tables

    content {
      actions   = ["kms:Decrypt"]
      resources = [local.keys]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = [statement.value.key_alias]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:aws:dynamodb:tableName"
        values   = [statement.key]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["dynamodb.${var.region}.amazonaws.com"]
      }
    }
  }

  statement {
    sid       = "OwnEnvironmentVariables"
    actions   = ["kms:Decrypt"]
    resources = [local.keys]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${var.kms_alias}"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:lambda:FunctionArn"
      values   = [local.function]
    }
  }

  dynamic "statement" {
    for_each = local.dead_letters

    content {
      sid       = "SendDeadLetters"
      actions   = ["sqs:SendMessage"]
      resources = ["arn:${local.partition}:sqs:${local.regional}:${statement.value}"]
    }
  }

  dynamic "statement" {
    for_each = local.dead_letters

    content {
      sid       = "EncryptDeadLetters"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [local.keys]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = ["alias/${var.kms_alias}"]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["sqs.${var.region}.amazonaws.com"]
      }
    }
  }
}
