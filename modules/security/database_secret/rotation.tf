locals {
  rotation = var.rotation == null ? {} : { this = var.rotation }
  # arn:aws:lambda:<region>:<account>:function:<name>[:<alias>]
  function = { for label, rotation in local.rotation : label => split(":", rotation.function_arn) }
}

resource "aws_lambda_permission" "rotation" {
  for_each = local.rotation

  statement_id   = "rotates-${replace(var.name, "/[^a-zA-Z0-9_-]/", "-")}"
  action         = "lambda:InvokeFunction"
  function_name  = local.function[each.key][6]
  principal      = "secretsmanager.amazonaws.com"
  qualifier      = try(local.function[each.key][7], null)
  source_account = split(":", aws_secretsmanager_secret.this.arn)[4]
}

resource "aws_secretsmanager_secret_rotation" "this" {
  for_each = local.rotation

  rotate_immediately  = each.value.immediately
  rotation_lambda_arn = each.value.function_arn
  secret_id           = aws_secretsmanager_secret.this.id

  rotation_rules {
    automatically_after_days = each.value.days
  }

  # Secrets Manager calls the function while it sets rotation up
  depends_on = [aws_lambda_permission.rotation, aws_secretsmanager_secret_version.initial]
}
