data "aws_region" "current" {}

locals {
  ticks = floor(60 / var.tick_seconds)
}

# EventBridge begins a rule every minute at most, so the function looks several times within one invocation
resource "aws_cloudwatch_event_rule" "this" {
  name                = var.name
  description         = "Lets the failover controller of ${var.environment} look every ${var.tick_seconds} seconds"
  schedule_expression = "rate(1 minute)"
  state               = var.enabled ? "ENABLED" : "DISABLED"

  tags = var.tags
}

resource "aws_cloudwatch_event_target" "this" {
  rule      = aws_cloudwatch_event_rule.this.name
  target_id = "controller"
  arn       = var.function.alias_arn
  input     = jsonencode({ tick_seconds = var.tick_seconds, ticks = local.ticks })

  # a minute later the next one is due, and an old look is worth nothing
  retry_policy {
    maximum_event_age_in_seconds = 60
    maximum_retry_attempts       = 0
  }

  depends_on = [aws_lambda_permission.this]
}

resource "aws_lambda_permission" "this" {
  statement_id  = "ticks-${var.name}"
  action        = "lambda:InvokeFunction"
  function_name = var.function.name
  principal     = "events.amazonaws.com"
  qualifier     = var.function.alias_name
  source_arn    = aws_cloudwatch_event_rule.this.arn
}

# what EventBridge hands to Lambda is retried by Lambda too, unless it is told otherwise
resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = var.function.name
  maximum_event_age_in_seconds = 60
  maximum_retry_attempts       = 0
  qualifier                    = var.function.alias_name
}
