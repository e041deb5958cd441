locals {
  actions    = [module.topic.arn]
  dimensions = { DistributionId = var.distribution_id, Region = "Global" }
  period     = var.thresholds.period_seconds
}

module "topic" {
  source = "../alarm_topic"

  kms_key_arn = var.kms_key_arn
  name        = var.name
  notify      = var.notify

  tags = var.tags
}

# CloudFront reports on its origins and its cache only where it is asked to, for a fee
resource "aws_cloudfront_monitoring_subscription" "this" {
  count = var.additional_metrics ? 1 : 0

  distribution_id = var.distribution_id

  monitoring_subscription {
    realtime_metrics_subscription_config {
      realtime_metrics_subscription_status = "Enabled"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "server_errors" {
  alarm_name = "${var.name}-5xx"
  alarm_description = join(" ", [
    "More than ${var.thresholds.error_5xx_percent} % of what viewers ask of ${var.distribution_id} ends in a server error,",
    "after CloudFront has tried the second origin for reads. Look at the alarms of every region first: if one region is",
    "at fault, check that its health check fails and that origins resolve to the other; writes follow DNS alone.",
  ])
  namespace           = "AWS/CloudFront"
  metric_name         = "5xxErrorRate"
  dimensions          = local.dimensions
  statistic           = "Average"
  period              = local.period
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.error_5xx_percent
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  # no viewers, no data
  treat_missing_data = "notBreaching"
  alarm_actions      = local.actions
  ok_actions         = local.actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "all_errors" {
  alarm_name = "${var.name}-errors"
  alarm_description = join(" ", [
    "More than ${var.thresholds.error_percent} % of what viewers ask of ${var.distribution_id} ends in an error of either",
    "kind. Look at the 5xx alarm; if it is OK these are refusals: check the firewall's blocked requests, a release that",
    "took a path away, and the policy of buckets that CloudFront reads, which answer 403 for what they lack.",
  ])
  namespace           = "AWS/CloudFront"
  metric_name         = "TotalErrorRate"
  dimensions          = local.dimensions
  statistic           = "Average"
  period              = local.period
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.error_percent
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "origin_latency" {
  count = var.additional_metrics ? 1 : 0

  alarm_name = "${var.name}-origin-latency"
  alarm_description = join(" ", [
    "The slowest tenth of what CloudFront asks the origins of ${var.distribution_id} takes longer than",
    "${var.thresholds.origin_latency_ms} ms to begin its answer, the way to a second origin included. Compare the API",
    "latency of every region on the dashboard: a region that is slow and not down is found by this and by no health check.",
  ])
  namespace           = "AWS/CloudFront"
  metric_name         = "OriginLatency"
  dimensions          = local.dimensions
  extended_statistic  = "p90"
  period              = local.period
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.origin_latency_ms
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  treat_missing_data  = "notBreaching"
  # one slow request among ten is not a percentile
  evaluate_low_sample_count_percentiles = "ignore"
  alarm_actions                         = local.actions
  ok_actions                            = local.actions

  tags = var.tags

  depends_on = [aws_cloudfront_monitoring_subscription.this]
}
