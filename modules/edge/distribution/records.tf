locals {
  records = merge([
    for host in var.aliases : { for type in ["A", "AAAA"] : "${host}/${type}" => { host = host, type = type } }
  ]...)
}

# Stands in for a zone and a certificate that do not exist yet: they show as known after apply, and timestamp(),
# known only at apply, makes the apply stop here, before anything exists and with nothing left in the state. It is
# there in any case, because of what is made in the same root nobody knows at the plan whether it is null.
resource "terraform_data" "upstream" {
  input = {
    certificate_arn = var.certificate_arn == null ? timestamp() : var.certificate_arn
    zone_id         = var.zone_id == null ? timestamp() : var.zone_id
  }

  lifecycle {
    precondition {
      condition     = var.zone_id == null ? timestamp() == "the id of the zone" : true
      error_message = "The zone_id is not known yet: apply the global stack first, then plan this stack again."
    }

    precondition {
      condition     = var.certificate_arn == null ? timestamp() == "the ARN of the certificate" : true
      error_message = "The certificate_arn is not known yet: apply the global stack first, then plan this stack again."
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
