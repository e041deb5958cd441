output "arn" {
  description = "ARN of the bucket, known to others only once its policy lets the writers write."
  value       = aws_s3_bucket.this.arn

  depends_on = [aws_s3_bucket_policy.this]
}

output "name" {
  description = "Name of the bucket, known to others only once its policy lets the writers write."
  value       = aws_s3_bucket.this.bucket

  depends_on = [aws_s3_bucket_policy.this]
}
