output "access_logs_bucket" {
  description = "Name of the bucket that holds the access logs, or null."
  value       = one(module.logs[*].name)
}

output "arn" {
  description = "ARN of the bucket."
  value       = aws_s3_bucket.this.arn

  depends_on = [
    aws_s3_bucket_policy.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "name" {
  description = "Name of the bucket, known to others only once it is versioned, encrypted and closed."
  value       = aws_s3_bucket.this.bucket

  depends_on = [
    aws_s3_bucket_policy.this,
    aws_s3_bucket_server_side_encryption_configuration.this,
    aws_s3_bucket_versioning.this,
  ]
}

output "regional_domain_name" {
  description = "Host under which the bucket's own region serves it, as a CDN's origin names it."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}
