output "arn" {
  description = "ARN of the distribution."
  value       = aws_cloudfront_distribution.this.arn
}

output "domain_name" {
  description = "CloudFront's own DNS name of the distribution."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "hosted_zone_id" {
  description = "Zone of CloudFront's DNS names, for aliases written elsewhere."
  value       = aws_cloudfront_distribution.this.hosted_zone_id
}

output "id" {
  description = "Identifier of the distribution, by which CloudWatch keeps its metrics."
  value       = aws_cloudfront_distribution.this.id
}

output "log_bucket_name" {
  description = "Name of the bucket of access logs, or null without logs."
  value       = one(values(module.logs)[*].name)
}
