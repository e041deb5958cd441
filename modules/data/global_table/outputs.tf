output "arn" {
  description = "ARN of the table in this region."
  value       = aws_dynamodb_table.this.arn
}

output "name" {
  description = "Name of the table, the same in every region."
  value       = aws_dynamodb_table.this.name
}

output "replica_arns" {
  description = "ARN of each replica, by region."
  value       = { for replica in aws_dynamodb_table.this.replica : replica.region_name => replica.arn }
}

output "replica_regions" {
  description = "Regions that hold a replica, sorted."
  value       = sort(keys(var.replicas))
}

output "stream_arn" {
  description = "ARN of the table's stream in this region."
  value       = aws_dynamodb_table.this.stream_arn
}
