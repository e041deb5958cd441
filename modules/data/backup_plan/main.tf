data "aws_region" "current" {}

resource "aws_backup_plan" "this" {
  name = var.name

  rule {
    rule_name         = "scheduled"
    target_vault_name = var.vault_name
    schedule          = var.schedule
    start_window      = var.start_window_minutes
    completion_window = var.completion_window_minutes

    lifecycle {
      cold_storage_after = var.cold_storage_after_days
      delete_after       = var.delete_after_days
    }

    dynamic "copy_action" {
      for_each = var.copies

      content {
        destination_vault_arn = copy_action.value.vault_arn

        lifecycle {
          cold_storage_after = copy_action.value.cold_storage_after_days
          delete_after       = copy_action.value.delete_after_days
        }
      }
    }
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = !contains(keys(var.copies), data.aws_region.current.name)
      error_message = "The copies must name other regions only: ${data.aws_region.current.name} has the backups themselves."
    }
  }
}

resource "aws_backup_selection" "this" {
  name         = var.name
  plan_id      = aws_backup_plan.this.id
  iam_role_arn = var.role_arn
  resources    = var.resource_arns
}
