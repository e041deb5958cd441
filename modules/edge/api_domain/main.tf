locals {
  hosts = { for label, name in var.names : label => name.host }
  # stable order: the certificate's subject must not move when a label is added after the first
  ordered_hosts = [for label in sort(keys(local.hosts)) : local.hosts[label]]
}

resource "aws_api_gateway_domain_name" "this" {
  for_each = local.hosts

  domain_name              = each.value
  regional_certificate_arn = aws_acm_certificate_validation.this.certificate_arn
  security_policy          = "TLS_1_2"

  endpoint_configuration {
    types           = ["REGIONAL"]
    ip_address_type = var.ip_address_type
  }

  tags = var.tags
}
