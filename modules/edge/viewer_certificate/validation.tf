locals {
  validation = { for option in aws_acm_certificate.this.domain_validation_options : option.domain_name => option }
}

# Stands in for a zone that does not exist yet: its id shows as known after apply, and timestamp(), known only
# at apply, makes the apply stop here, before anything exists and with nothing left in the state.
resource "terraform_data" "zone_id_unknown" {
  count = var.validation_record_owner && var.zone_id == null ? 1 : 0

  lifecycle {
    precondition {
      condition     = timestamp() == coalesce(var.zone_id, "the id of the zone")
      error_message = "zone_id is not known yet: apply the global stack first, then plan this stack again."
    }
  }
}

resource "aws_route53_record" "validation" {
  for_each = var.validation_record_owner ? toset(var.names) : toset([])

  zone_id = local.zone_id
  name    = local.validation[each.key].resource_record_name
  type    = local.validation[each.key].resource_record_type
  ttl     = 300
  records = [local.validation[each.key].resource_record_value]

  # ACM gives one record per name and account: a certificate issued earlier may have left the same one
  allow_overwrite = true

  # a lost zone_id would replace the records: the live ones must outlast the apply that then fails above
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_acm_certificate_validation" "this" {
  certificate_arn         = aws_acm_certificate.this.arn
  validation_record_fqdns = [for option in aws_acm_certificate.this.domain_validation_options : option.resource_record_name]

  depends_on = [aws_route53_record.validation]
}
