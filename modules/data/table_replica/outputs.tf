output "arn" {
  description = "ARN of the replica in this region."
  value       = aws_dynamodb_table_replica.this.arn
}
