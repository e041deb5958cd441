locals {
  records = merge([
    for host in var.aliases : { for type in ["A", "AAAA"] : "${host}/${type}" => { host = host, type = type } }
  ]...)
}

# Stands in for a zone that does not exist yet: its id shows as known after apply, and timestamp(), known only
# at apply, makes the apply stop here, before anything exists and with nothing left in the state.
resource "terraform_data" "zone_id_unknown" {
  count = length(var.aliases) > 0 && var.zone_id == null ? 1 : 0

  lifecycle {
    precondition {
      condition     = timestamp() == coalesce(var.zone_id, "the id of the zone")
      error_message = "zone_id is not known yet: apply the global stack first, then plan this stack again."
    }
  }
}

resource "aws_route53_record" "this" {
  for_each = local.records

  zone_id = local.zone_id
  name    = each.value.host
  type    = each.value.type

  alias {
    name    = aws_cloudfront_distribution.this.domain_name
    zone_id = aws_cloudfront_distribution.this.hosted_zone_id
    # Route 53 cannot ask a distribution how it is
    evaluate_target_health = false
  }

  # a lost zone_id would replace the records: the live ones must outlast the apply that then fails above
  lifecycle {
    create_before_destroy = true
  }
}
