# The alias that callers name. Who moves it to a new version decides which of the two resources it is:
# lifecycle arguments cannot depend on a variable.

locals {
  alias = one(concat(aws_lambda_alias.live, aws_lambda_alias.released))
}

moved {
  from = aws_lambda_alias.live
  to   = aws_lambda_alias.live[0]
}

resource "aws_lambda_alias" "live" {
  count = var.canary == null ? 1 : 0

  name             = "live"
  description      = "The version that serves."
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_lambda_alias" "released" {
  count = var.canary == null ? 0 : 1

  name             = "live"
  description      = "The version that serves."
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version

  # CodeDeploy moves the alias; Terraform would undo a release half-way, or skip it
  lifecycle {
    ignore_changes = [function_version, routing_config]
  }
}

module "release" {
  source = "../release"
  count  = var.canary == null ? 0 : 1

  alarms            = var.canary.alarms
  alias_name        = local.alias.name
  candidate_version = aws_lambda_function.this.version
  function_name     = aws_lambda_function.this.function_name
  hooks             = var.canary.hooks
  log_group_name    = aws_cloudwatch_log_group.this.name
  name              = var.name
  role_arn          = var.canary.role_arn
  serving_version   = local.alias.function_version
  shift             = var.canary.shift
  topic_arn         = var.canary.topic_arn

  tags = var.tags
}
