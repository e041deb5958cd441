output "arn" {
  description = "ARN of the web ACL, which a distribution asks for."
  value       = aws_wafv2_web_acl.this.arn
}

output "id" {
  description = "Identifier of the web ACL."
  value       = aws_wafv2_web_acl.this.id
}

output "log_group_name" {
  description = "Name of the log group of the requests that rules matched."
  value       = aws_cloudwatch_log_group.this.name
}

output "name" {
  description = "Name of the web ACL, by which CloudWatch keeps its metrics."
  value       = aws_wafv2_web_acl.this.name
}
