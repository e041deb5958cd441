# Alarms on the new version alone: over the whole alias, ten per cent of failing requests would have
# to fail ten times as often to be seen.

locals {
  # Lambda Developer Guide, "Viewing metrics for Lambda functions": of a weighted alias, by version
  candidate = {
    ExecutedVersion = var.candidate_version
    FunctionName    = var.function_name
    Resource        = "${var.function_name}:${var.alias_name}"
  }

  # a handled failure is no error of the function: it answers 500 and logs a line
  failures = { namespace = "Antipode/Releases", name = "${var.name}-failures" }
  failed   = var.log_group_name == null ? "errors" : "(errors + FILL(failures, 0))"

  own_alarm_names = concat(
    [aws_cloudwatch_metric_alarm.errors.alarm_name], aws_cloudwatch_metric_alarm.duration[*].alarm_name,
  )
}

resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.name}-release-errors"
  alarm_description   = "Version ${var.candidate_version} of ${var.function_name} fails ${var.alarms.error_percent} % or more of its requests; its release is taken back."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  datapoints_to_alarm = 1
  evaluation_periods  = 1
  threshold           = var.alarms.error_percent
  # before the release, and after it is taken back, nobody calls the version
  treat_missing_data = "notBreaching"

  metric_query {
    id          = "share"
    expression  = "IF(requests >= ${var.alarms.minimum_requests}, 100 * ${local.failed} / requests, 0)"
    label       = "Failed requests in per cent"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { errors = "Errors", requests = "Invocations" }

    content {
      id          = metric_query.key
      return_data = false

      metric {
        dimensions  = local.candidate
        metric_name = metric_query.value
        namespace   = "AWS/Lambda"
        period      = 60
        stat        = "Sum"
      }
    }
  }

  dynamic "metric_query" {
    for_each = aws_cloudwatch_log_metric_filter.failures

    content {
      id          = "failures"
      return_data = false

      metric {
        metric_name = local.failures.name
        namespace   = local.failures.namespace
        period      = 60
        stat        = "Sum"
      }
    }
  }

  tags = var.tags
}

resource "aws_cloudwatch_log_metric_filter" "failures" {
  count = var.log_group_name == null ? 0 : 1

  name           = "${var.name}-release-failures"
  log_group_name = var.log_group_name
  pattern        = "{ ($.level = \"ERROR\") && ($.version = \"${var.candidate_version}\") }"

  metric_transformation {
    namespace = local.failures.namespace
    name      = local.failures.name
    value     = "1"
    unit      = "Count"
  }
}

resource "aws_cloudwatch_metric_alarm" "duration" {
  count = var.alarms.p99_milliseconds == null ? 0 : 1

  alarm_name          = "${var.name}-release-duration"
  alarm_description   = "Version ${var.candidate_version} of ${var.function_name} takes ${var.alarms.p99_milliseconds} ms or more for the slowest hundredth; its release is taken back."
  comparison_operator = "GreaterThanOrEqualToThreshold"
  # a new version starts cold once in each environment, so one minute says little
  datapoints_to_alarm                   = 2
  evaluate_low_sample_count_percentiles = "ignore"
  evaluation_periods                    = 3
  threshold                             = var.alarms.p99_milliseconds
  treat_missing_data                    = "notBreaching"

  dimensions         = local.candidate
  extended_statistic = "p99"
  metric_name        = "Duration"
  namespace          = "AWS/Lambda"
  period             = 60

  tags = var.tags
}
