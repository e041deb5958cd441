output "alarm_names" {
  description = "Names of every alarm, sorted."
  value = sort(concat(
    [aws_cloudwatch_metric_alarm.all_errors.alarm_name, aws_cloudwatch_metric_alarm.server_errors.alarm_name],
    aws_cloudwatch_metric_alarm.origin_latency[*].alarm_name,
  ))
}

output "topic_arn" {
  description = "ARN of the topic that every alarm publishes to."
  value       = module.topic.arn
}
