output "arn" {
  description = "ARN of the global cluster, which names no region."
  value       = aws_rds_global_cluster.this.arn
}

output "endpoint" {
  description = "Endpoint that follows the writer through switchovers and failovers."
  value       = aws_rds_global_cluster.this.endpoint
}

output "engine_version" {
  description = "Version that the members run."
  value       = aws_rds_global_cluster.this.engine_version_actual
}

output "identifier" {
  description = "Identifier by which regional clusters join."
  value       = aws_rds_global_cluster.this.global_cluster_identifier
}
