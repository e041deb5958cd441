locals {
  aliases = { for label, name in var.names : label => name.record if name.record_type == "alias" }
  cnames  = { for label, name in var.names : label => name.record if name.record_type == "cname" }
  # an IPv4 endpoint has no AAAA answer to alias
  alias_types = var.ip_address_type == "dualstack" ? ["A", "AAAA"] : ["A"]
  alias_records = merge([
    for type in local.alias_types : { for label, record in local.aliases : "${label}/${type}" => {
      label = label, record = record, type = type
    } }
  ]...)
}

resource "aws_route53_record" "alias" {
  for_each = local.alias_records

  zone_id = var.zone_id
  name    = each.value.record
  type    = each.value.type

  alias {
    name    = aws_api_gateway_domain_name.this[each.value.label].regional_domain_name
    zone_id = aws_api_gateway_domain_name.this[each.value.label].regional_zone_id
    # nothing chooses between these records: the health checks of dns_routing decide, in one place
    evaluate_target_health = false
  }
}

resource "aws_route53_record" "cname" {
  for_each = local.cnames

  zone_id = var.zone_id
  name    = each.value
  type    = "CNAME"
  ttl     = 60
  records = [aws_api_gateway_domain_name.this[each.key].regional_domain_name]
}
