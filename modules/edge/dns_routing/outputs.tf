output "fqdn" {
  description = "DNS name that clients use."
  value       = var.name

  depends_on = [aws_route53_record.this]
}

output "health_check_ids" {
  description = "Id of each target's health check, by region; targets without one are missing."
  value       = { for region, check in aws_route53_health_check.this : region => check.id }
}
