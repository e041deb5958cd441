# How warm the region is: what a failover finds when it turns the traffic of all regions here.

resource "aws_cloudwatch_metric_alarm" "cold_starts" {
  for_each = var.cold_start_functions

  alarm_name = "${var.name}-${each.value}-cold-starts"
  alarm_description = join(" ", [
    "More than ${var.thresholds.cold_start_percent} % of the calls of ${each.value} start cold, and at least",
    "${var.thresholds.cold_starts} in ${local.period} seconds. After a failover or a release this passes by itself;",
    "if it stays, compare ConcurrentExecutions with provisioned concurrency and raise the latter in every region.",
  ])
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.cold_start_percent
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  metric_query {
    id = "share"
    # a lone call in the night is all cold, so a share says nothing without a count
    expression  = "IF(FILL(cold, 0) >= ${var.thresholds.cold_starts}, 100 * FILL(cold, 0) / calls, 0)"
    label       = "Cold starts in percent of calls"
    return_data = true
  }

  # the metric that compute/function makes of the function's log: one value for each cold start
  metric_query {
    id = "cold"

    metric {
      namespace   = "Antipode/Functions"
      metric_name = "${each.value}-init-duration"
      period      = local.period
      stat        = "SampleCount"
    }
  }

  metric_query {
    id = "calls"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Invocations"
      period      = local.period
      stat        = "Sum"
      dimensions  = { FunctionName = each.value }
    }
  }

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "spill_over" {
  for_each = var.provisioned_functions

  alarm_name = "${var.name}-${each.value}-spill-over"
  alarm_description = join(" ", [
    "${var.thresholds.provisioned_spill_over} calls of ${each.value} or more in ${local.period} seconds found every",
    "provisioned environment busy. Look at ProvisionedConcurrencyUtilization of both regions: each must hold enough for",
    "the traffic of all, or the next failover starts cold.",
  ])
  namespace           = "AWS/Lambda"
  metric_name         = "ProvisionedConcurrencySpilloverInvocations"
  dimensions          = { FunctionName = each.value, Resource = "${each.value}:${var.alias_name}" }
  statistic           = "Sum"
  period              = local.period
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.thresholds.provisioned_spill_over
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  for_each = var.dead_letter_queues

  alarm_name = "${var.name}-${each.value}-messages"
  alarm_description = join(" ", [
    "${each.value} holds events that their function failed to handle. Read one without deleting it, find its request in",
    "the function's log, mend the cause and send the events to the function again before the queue forgets them.",
  ])
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = each.value }
  statistic           = "Maximum"
  period              = local.period
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.thresholds.dead_letters
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  # SQS stops reporting on a queue that nobody has used for hours
  treat_missing_data = "notBreaching"
  alarm_actions      = local.actions
  ok_actions         = local.actions

  tags = var.tags
}
