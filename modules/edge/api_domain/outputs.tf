output "certificate_arn" {
  description = "ARN of the validated certificate that covers every host of this region."
  value       = aws_acm_certificate_validation.this.certificate_arn
}

output "domain_names" {
  description = "Custom domain by label, for base path mappings."
  value       = { for label, domain in aws_api_gateway_domain_name.this : label => domain.domain_name }
}

output "record_names" {
  description = "DNS name that points at the custom domain, by label."
  value       = { for label, name in var.names : label => name.record }

  depends_on = [aws_route53_record.alias, aws_route53_record.cname]
}

output "regional_domain_names" {
  description = "API Gateway's own DNS name of each custom domain, by label."
  value       = { for label, domain in aws_api_gateway_domain_name.this : label => domain.regional_domain_name }
}

output "regional_zone_ids" {
  description = "Hosted zone id of API Gateway's DNS name of each custom domain, by label."
  value       = { for label, domain in aws_api_gateway_domain_name.this : label => domain.regional_zone_id }
}
