output "arn" {
  description = "ARN of the secret in this region; a replica's differs by its region only."
  value       = aws_secretsmanager_secret.this.arn

  # whoever is given the secret reads its value
  depends_on = [aws_secretsmanager_secret_version.initial]
}

output "name" {
  description = "Name of the secret, the same in every region."
  value       = aws_secretsmanager_secret.this.name
}

output "replica_regions" {
  description = "Regions that the secret is replicated to by configuration, sorted."
  value       = sort(keys(var.replicas))
}
