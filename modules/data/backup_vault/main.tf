data "aws_iam_policy_document" "this" {
  # deletion at the end of a recovery point's life is AWS Backup's own doing and no call to the vault
  statement {
    sid       = "NobodyDeletesByHand"
    effect    = "Deny"
    actions   = ["backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    dynamic "condition" {
      for_each = length(var.break_glass_role_arns) > 0 ? [var.break_glass_role_arns] : []

      content {
        test     = "ArnNotEquals"
        variable = "aws:PrincipalArn"
        values   = condition.value
      }
    }
  }
}

resource "aws_backup_vault" "this" {
  name          = var.name
  kms_key_arn   = var.kms_key_arn
  force_destroy = var.force_destroy

  tags = var.tags
}

resource "aws_backup_vault_policy" "this" {
  count = var.deny_deletion ? 1 : 0

  backup_vault_name = aws_backup_vault.this.name
  policy            = data.aws_iam_policy_document.this.json
}

resource "aws_backup_vault_lock_configuration" "this" {
  count = var.lock == null ? 0 : 1

  # without changeable_for_days this is governance mode: who may lift the lock can, and a mistake is not for ever
  backup_vault_name  = aws_backup_vault.this.name
  min_retention_days = var.lock.min_retention_days
  max_retention_days = var.lock.max_retention_days
}
