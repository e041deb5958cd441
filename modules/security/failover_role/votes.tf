# The control tables of all voting regions: a decision is a majority of them.
data "aws_iam_policy_document" "votes" {
  statement {
    sid     = "ControlTables"
    actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    resources = [
      for region in sort(keys(var.voters)) :
      "arn:${local.partition}:dynamodb:${region}:${var.account_id}:table/${var.control_table}"
    ]
  }

  dynamic "statement" {
    for_each = var.voters

    content {
      actions   = ["kms:Decrypt"]
      resources = ["arn:${local.partition}:kms:${statement.key}:${var.account_id}:key/*"]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = ["alias/${statement.value}"]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:aws:dynamodb:tableName"
        values   = [var.control_table]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["dynamodb.${statement.key}.amazonaws.com"]
      }
    }
  }
}
