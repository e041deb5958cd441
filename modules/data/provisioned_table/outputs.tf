output "arn" {
  description = "ARN of the table in this region, known once its reads and writes scale: DynamoDB takes no replica earlier."
  value       = aws_dynamodb_table.this.arn

  depends_on = [aws_appautoscaling_policy.this]
}

output "name" {
  description = "Name of the table, the same in every region."
  value       = aws_dynamodb_table.this.name
}

output "stream_arn" {
  description = "ARN of the table's stream in this region."
  value       = aws_dynamodb_table.this.stream_arn
}
