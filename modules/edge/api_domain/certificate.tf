resource "aws_acm_certificate" "this" {
  domain_name               = local.ordered_hosts[0]
  subject_alternative_names = slice(local.ordered_hosts, 1, length(local.ordered_hosts))
  validation_method         = "DNS"

  tags = var.tags

  # API Gateway refuses to lose a certificate in use
  lifecycle {
    create_before_destroy = true
  }
}

locals {
  validation = { for option in aws_acm_certificate.this.domain_validation_options : option.domain_name => option }
}

resource "aws_route53_record" "validation" {
  for_each = { for label, host in local.hosts : label => host if lookup(var.validation_record_owner, label, true) }

  zone_id = var.zone_id
  name    = local.validation[each.value].resource_record_name
  type    = local.validation[each.value].resource_record_type
  ttl     = 300
  records = [local.validation[each.value].resource_record_value]

  # ACM gives one record per name and account: a certificate issued earlier may have left the same one
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [for option in aws_acm_certificate.this.domain_validation_options : option.resource_record_name]

  depends_on = [aws_route53_record.validation]
}
