locals {
  # SystemErrors exists per operation only; an alarm holds at most ten metrics
  operations = ["BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "Scan", "TransactWriteItems", "UpdateItem"]
  replication = merge([
    for table, regions in var.tables : { for region in regions : "${table}/${region}" => { table = table, region = region } }
  ]...)
}

resource "aws_cloudwatch_metric_alarm" "table_throttles" {
  for_each = toset(keys(var.tables))

  alarm_name = "${var.name}-${each.value}-throttles"
  alarm_description = join(" ", [
    "${each.value} refused ${var.thresholds.table_throttles} requests or more in ${local.period} seconds in this region.",
    "On-demand: look for a hot partition key or growth beyond twice the earlier peak; provisioned: raise the maximum",
    "of the autoscaling in every region.",
  ])
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.thresholds.table_throttles
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  # DynamoDB reports throttles only when there are some
  treat_missing_data = "notBreaching"
  alarm_actions      = local.actions
  ok_actions         = local.actions

  metric_query {
    id          = "throttles"
    expression  = "SUM(METRICS())"
    label       = "Throttled reads and writes"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { reads = "ReadThrottleEvents", writes = "WriteThrottleEvents" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/DynamoDB"
        metric_name = metric_query.value
        period      = local.period
        stat        = "Sum"
        dimensions  = { TableName = each.value }
      }
    }
  }

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "table_system_errors" {
  for_each = toset(keys(var.tables))

  alarm_name = "${var.name}-${each.value}-system-errors"
  alarm_description = join(" ", [
    "DynamoDB answered ${var.thresholds.table_system_errors} requests or more to ${each.value} with a server error in",
    "${local.period} seconds. Check the AWS Health Dashboard of this region; if it lasts, the health check should have",
    "moved traffic already, else move it by the failover runbook.",
  ])
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.thresholds.table_system_errors
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  metric_query {
    id          = "errors"
    expression  = "SUM(METRICS())"
    label       = "Server errors of DynamoDB"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = toset(local.operations)

    content {
      id = "m_${lower(metric_query.value)}"

      metric {
        namespace   = "AWS/DynamoDB"
        metric_name = "SystemErrors"
        period      = local.period
        stat        = "Sum"
        dimensions  = { TableName = each.value, Operation = metric_query.value }
      }
    }
  }

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "replication_latency" {
  for_each = local.replication

  alarm_name = "${var.name}-${each.value.table}-replication-${each.value.region}"
  alarm_description = join(" ", [
    "Writes to ${each.value.table} made in this region reach ${each.value.region} later than",
    "${var.thresholds.replication_latency_ms} ms. What is written now and not yet there would be missing after a",
    "failover: do not switch over until this alarm is OK, and check the AWS Health Dashboard of both regions.",
  ])
  namespace           = "AWS/DynamoDB"
  metric_name         = "ReplicationLatency"
  dimensions          = { TableName = each.value.table, ReceivingRegion = each.value.region }
  statistic           = "Average"
  period              = local.period
  comparison_operator = "GreaterThanThreshold"
  threshold           = var.thresholds.replication_latency_ms
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  # a quiet table reports nothing, and neither does a link that stalls: keep whatever was known last
  treat_missing_data = "ignore"
  alarm_actions      = local.actions
  ok_actions         = local.actions

  tags = var.tags
}
