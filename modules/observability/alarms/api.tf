resource "aws_cloudwatch_metric_alarm" "api_5xx" {
  alarm_name = "${var.name}-api-5xx"
  alarm_description = join(" ", [
    "More than ${var.thresholds.api_5xx_percent} % of requests to ${var.api_name} end in a server error.",
    "Look at the function alarms and the access log of this region first; if the region is at fault and Route 53 still",
    "sends traffic here, check that the health check sees the same errors.",
  ])
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.api_5xx_percent
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  # no requests, no data: a standby region is silent and well
  treat_missing_data = "notBreaching"
  alarm_actions      = local.actions
  ok_actions         = local.actions

  metric_query {
    id          = "share"
    expression  = "IF(requests > 0, 100 * errors / requests, 0)"
    label       = "Server errors in percent of requests"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { errors = "5XXError", requests = "Count" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/ApiGateway"
        metric_name = metric_query.value
        period      = local.period
        stat        = "Sum"
        dimensions  = { ApiName = var.api_name, Stage = var.stage_name }
      }
    }
  }

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "api_latency" {
  alarm_name = "${var.name}-api-latency-p99"
  alarm_description = join(" ", [
    "The slowest percent of requests to ${var.api_name} takes longer than ${var.thresholds.api_latency_p99_ms} ms.",
    "Compare Latency with IntegrationLatency on the dashboard: near equal means the function or its table is slow,",
    "else API Gateway is; then look at cold starts and table throttles.",
  ])
  namespace           = "AWS/ApiGateway"
  metric_name         = "Latency"
  dimensions          = { ApiName = var.api_name, Stage = var.stage_name }
  extended_statistic  = "p99"
  period              = local.period
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.api_latency_p99_ms
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  treat_missing_data  = "notBreaching"
  # one slow request among ten is not a percentile
  evaluate_low_sample_count_percentiles = "ignore"
  alarm_actions                         = local.actions
  ok_actions                            = local.actions

  tags = var.tags
}
