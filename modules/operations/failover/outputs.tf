output "alarm_names" {
  description = "Names of every alarm, sorted."
  value = sort(concat(
    [aws_cloudwatch_metric_alarm.controller_errors.alarm_name],
    [for alarm in aws_cloudwatch_metric_alarm.unreachable : alarm.alarm_name],
  ))
}

output "rule_arn" {
  description = "ARN of the rule that calls the controller."
  value       = aws_cloudwatch_event_rule.this.arn
}

output "table_arn" {
  description = "ARN of this region's control table."
  value       = aws_dynamodb_table.control.arn
}

output "table_name" {
  description = "Name of the control table, the same in every region."
  value       = aws_dynamodb_table.control.name
}

output "topic_arn" {
  description = "ARN of the topic that every alarm publishes to."
  value       = module.topic.arn
}
