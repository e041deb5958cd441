# Alarms of what this region sees of the others: an alarm in the sick region could be as sick as the region.

module "topic" {
  source = "../../observability/alarm_topic"

  kms_key_arn = var.kms_key_arn
  name        = var.name
  notify      = var.notify

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "unreachable" {
  for_each = var.observed_regions

  alarm_name = "${var.name}-${each.key}-unreachable"
  alarm_description = join(" ", [
    "${data.aws_region.current.name} has not reached ${each.key} of ${var.environment}, or its controller has not",
    "looked, for ${var.alarm_minutes} minutes.",
    "Look at the controller's status first: whether the other regions agree, who holds the lease and what it is doing.",
    "If only this alarm is on, the link or this region's controller is at fault, not ${each.key}.",
  ])
  namespace           = var.metric_namespace
  metric_name         = "RegionReachable"
  dimensions          = { Environment = var.environment, Region = each.key }
  statistic           = "Average"
  period              = 60
  comparison_operator = "LessThanThreshold"
  # the controller publishes 1 or 0 once a minute, and whenever what it sees has changed
  threshold           = 0.5
  evaluation_periods  = var.alarm_minutes
  datapoints_to_alarm = var.alarm_minutes
  # a controller that has stopped is no less a reason to get up
  treat_missing_data = var.enabled ? "breaching" : "notBreaching"
  alarm_actions      = [module.topic.arn]
  ok_actions         = [module.topic.arn]

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "controller_errors" {
  alarm_name = "${var.name}-errors"
  alarm_description = join(" ", [
    "The failover controller of ${var.environment} in ${data.aws_region.current.name} ends in errors.",
    "Read its log before anything else: while it fails this region neither votes nor takes over.",
  ])
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = var.function.name, Resource = "${var.function.name}:${var.function.alias_name}" }
  statistic           = "Sum"
  period              = 60
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"
  alarm_actions       = [module.topic.arn]
  ok_actions          = [module.topic.arn]

  tags = var.tags
}
