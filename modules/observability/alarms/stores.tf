# What buckets and databases of this region would lack if it had to take over, or have failed to send.

locals {
  # data/bucket_replication calls its rules so
  replication_rule_prefix = "to-"

  bucket_pairs = merge([
    for bucket, settings in var.buckets : {
      for region, other in settings.replicas : "${bucket}/${region}" => {
        bucket  = bucket
        other   = other
        region  = region
        seconds = settings.latency_seconds
      }
    }
  ]...)
}

resource "aws_cloudwatch_metric_alarm" "object_latency" {
  for_each = local.bucket_pairs

  alarm_name = "${var.name}-${each.value.bucket}-replication-${each.value.region}"
  alarm_description = join(" ", [
    "Objects written to ${each.value.other} in ${each.value.region} reach this region later than",
    "${each.value.seconds} s. What is written there now would be missing here after a failover: do not switch over",
    "until this alarm is OK, and look at the failed operations of ${each.value.region} and at the AWS Health Dashboard.",
  ])
  namespace   = "AWS/S3"
  metric_name = "ReplicationLatency"
  # published in the region of the destination, which is the one that is up when it counts
  dimensions = {
    SourceBucket      = each.value.other
    DestinationBucket = each.value.bucket
    RuleId            = "${local.replication_rule_prefix}${each.value.bucket}"
  }
  statistic           = "Maximum"
  period              = local.period
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.seconds
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  # S3 reports even when there is nothing to replicate, so silence is neither good nor bad
  treat_missing_data = "missing"
  alarm_actions      = local.actions
  ok_actions         = local.actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "object_failures" {
  for_each = local.bucket_pairs

  alarm_name = "${var.name}-${each.value.bucket}-replication-failures-${each.value.region}"
  alarm_description = join(" ", [
    "Objects written to ${each.value.bucket} in this region could not be replicated to ${each.value.other} and will not",
    "be tried again. Find them by their replication status FAILED, read the reason in the S3 event",
    "OperationFailedReplication (often the key or the role), mend it and replicate them with S3 Batch Replication.",
  ])
  namespace   = "AWS/S3"
  metric_name = "OperationsFailedReplication"
  # published in the region of the source, unlike the other metrics of replication
  dimensions = {
    SourceBucket      = each.value.bucket
    DestinationBucket = each.value.other
    RuleId            = "${local.replication_rule_prefix}${each.value.other}"
  }
  statistic           = "Sum"
  period              = local.period
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = var.thresholds.object_failures
  # one failure is one object that is missing for good: there is no second datapoint to wait for
  evaluation_periods  = 1
  datapoints_to_alarm = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.actions
  ok_actions          = local.actions

  tags = var.tags
}

resource "aws_cloudwatch_metric_alarm" "database_lag" {
  for_each = var.databases

  alarm_name = "${var.name}-${each.key}-lag"
  alarm_description = join(" ", [
    "${each.key} lags more than ${each.value} ms behind the writer's region, and as much would be lost if it had to take",
    "over now; the failover controller refuses to. Compare the writer's load and commit latency on the dashboard,",
    "and check the AWS Health Dashboard of both regions.",
  ])
  namespace           = "AWS/RDS"
  metric_name         = "AuroraGlobalDBRPOLag"
  dimensions          = { DBClusterIdentifier = each.key }
  statistic           = "Maximum"
  period              = local.period
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value
  evaluation_periods  = var.thresholds.evaluation_periods
  datapoints_to_alarm = var.thresholds.datapoints_to_alarm
  # only a cluster that does not write has a lag: the writer's alarm has no data, and says so
  treat_missing_data = "missing"
  alarm_actions      = local.actions
  ok_actions         = local.actions

  tags = var.tags
}
