output "access_logs_bucket" {
  description = "Name of the bucket that holds the access logs, or null."
  value       = one(module.logs[*].name)
}

output "bucket" {
  description = "Name of the bucket."
  value       = aws_s3_bucket.this.bucket

  depends_on = [
    aws_s3_bucket_policy.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "bucket_arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn
}

output "kms_alias_arn" {
  description = "ARN of the key's alias, for kms_key_id of the backend."
  value       = aws_kms_alias.this.arn
}

output "kms_key_arn" {
  description = "ARN of the key that encrypts the bucket."
  value       = aws_kms_key.this.arn
}
