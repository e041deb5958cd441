output "arn" {
  description = "ARN of the cluster."
  value       = aws_rds_cluster.this.arn
}

output "endpoint" {
  description = "Endpoint of the writer, which answers only while this region holds it."
  value       = aws_rds_cluster.this.endpoint

  # without an instance the endpoint answers nobody, and without a rule nobody gets to it
  depends_on = [
    aws_rds_cluster_instance.this,
    aws_vpc_security_group_egress_rule.callers,
    aws_vpc_security_group_ingress_rule.callers,
  ]
}

output "identifier" {
  description = "Identifier of the cluster."
  value       = aws_rds_cluster.this.cluster_identifier
}

output "port" {
  description = "Port of every endpoint of the cluster."
  value       = local.port
}

output "reader_endpoint" {
  description = "Endpoint that answers whoever writes, and from which a member that does not write forwards."
  value       = aws_rds_cluster.this.reader_endpoint

  depends_on = [
    aws_rds_cluster_instance.this,
    aws_vpc_security_group_egress_rule.callers,
    aws_vpc_security_group_ingress_rule.callers,
  ]
}

output "security_group_id" {
  description = "Security group of the cluster."
  value       = aws_security_group.this.id
}
