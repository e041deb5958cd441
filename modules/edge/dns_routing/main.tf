locals {
  zone_id = var.zone_id == null ? terraform_data.zone_id_unknown[0].id : var.zone_id
}

# Stands in for a zone that does not exist yet: its id shows as known after apply, and timestamp(), known only
# at apply, makes the apply stop here, before anything exists and with nothing left in the state.
resource "terraform_data" "zone_id_unknown" {
  count = var.zone_id == null ? 1 : 0

  lifecycle {
    precondition {
      condition     = timestamp() == coalesce(var.zone_id, "the id of the zone")
      error_message = "The zone_id is not known yet: apply the global stack first, then plan this stack again."
    }
  }
}

resource "aws_route53_record" "this" {
  for_each = var.targets

  zone_id         = local.zone_id
  name            = var.name
  type            = "CNAME"
  ttl             = var.ttl
  records         = [each.value.host]
  set_identifier  = var.routing == "simple" ? null : each.key
  health_check_id = try(aws_route53_health_check.this[each.key].id, each.value.health_check_id)

  dynamic "failover_routing_policy" {
    for_each = var.routing == "failover" ? [each.value.role] : []

    content {
      type = upper(failover_routing_policy.value)
    }
  }

  dynamic "latency_routing_policy" {
    for_each = var.routing == "latency" ? [coalesce(each.value.location, each.key)] : []

    content {
      region = latency_routing_policy.value
    }
  }

  dynamic "weighted_routing_policy" {
    for_each = var.routing == "weighted" ? [each.value.weight] : []

    content {
      weight = weighted_routing_policy.value
    }
  }

  # a lost zone_id would replace the records: the live ones must outlast the apply that then fails above
  lifecycle {
    create_before_destroy = true
  }
}
