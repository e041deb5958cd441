resource "aws_cloudwatch_metric_alarm" "function_errors" {
  for_each = var.functions

  alarm_name = "${var.name}-${each.value}-errors"
  alarm_description = join(" ", [
    "${each.value} failed ${var.thresholds.function_errors} times or more in ${local.period} seconds.",
    "Read the newest ERROR lines of /aws/lambda/${each.value} and the traces of the same minute;",
    "if a deployment came just before, move the alias live back to the previous version.",
  ])
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = each.value }
  statistic           = "Sum"
  period              = local.period
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.thresholds.function_errors
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  # Lambda reports Errors only when the function runs
  treat_missing_data = "notBreaching"
  alarm_actions      = local.actions
  ok_actions         = local.actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "function_throttles" {
  for_each = var.functions

  alarm_name = "${var.name}-${each.value}-throttles"
  alarm_description = join(" ", [
    "${each.value} was refused ${var.thresholds.function_throttles} times or more in ${local.period} seconds.",
    "Compare ConcurrentExecutions with the function's reserved concurrency and the account's quota in this region,",
    "and raise the one that is reached; after a failover this region carries the traffic of both.",
  ])
  namespace           = "AWS/Lambda"
  metric_name         = "Throttles"
  dimensions          = { FunctionName = each.value }
  statistic           = "Sum"
  period              = local.period
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.thresholds.function_throttles
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "function_duration" {
  for_each = var.function_timeouts_seconds

  alarm_name = "${var.name}-${each.key}-duration"
  alarm_description = join(" ", [
    "The longest run of ${each.key} used more than ${var.thresholds.function_duration_percent} % of its timeout of",
    "${each.value} seconds. Find what it waits for in the traces; raise the timeout only if the wait is legitimate,",
    "and keep it below the 29 seconds that API Gateway waits.",
  ])
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  dimensions          = { FunctionName = each.key }
  statistic           = "Maximum"
  period              = local.period
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value * 1000 * var.thresholds.function_duration_percent / 100
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  tags = var.tags
}
