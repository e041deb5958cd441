output "alarm_names" {
  description = "Names of every alarm, sorted."
  value = sort(concat(
    [aws_cloudwatch_metric_alarm.api_5xx.alarm_name, aws_cloudwatch_metric_alarm.api_latency.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.cold_starts : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.database_lag : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.dead_letters : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.function_duration : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.function_errors : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.function_throttles : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.object_failures : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.object_latency : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.replication_latency : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.spill_over : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.table_system_errors : alarm.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.table_throttles : alarm.alarm_name],
  ))
}

output "topic_arn" {
  description = "ARN of the topic that every alarm publishes to."
  value       = module.topic.arn
}
