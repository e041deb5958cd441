output "rule_id" {
  description = "Identifier of the rule for `destination`, which is also a dimension of its metrics."
  value       = local.rules[0].id

  # whoever waits for the rule waits for S3 to know it
  depends_on = [aws_s3_bucket_replication_configuration.this]
}

output "rule_ids" {
  description = "Identifiers of all rules, that for `destination` first."
  value       = local.rules[*].id

  depends_on = [aws_s3_bucket_replication_configuration.this]
}
