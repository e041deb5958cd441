resource "aws_route53_health_check" "this" {
  for_each = { for region, target in var.targets : region => target.health_check if target.health_check != null }

  reference_name    = each.key
  type              = each.value.search == null ? "HTTPS" : "HTTPS_STR_MATCH"
  fqdn              = each.value.host
  port              = var.health_check.port
  resource_path     = var.health_check.path
  search_string     = each.value.search
  enable_sni        = true
  request_interval  = var.health_check.interval
  failure_threshold = var.health_check.threshold
  measure_latency   = var.health_check.measure_latency
  regions           = length(var.health_check.regions) == 0 ? null : var.health_check.regions

  tags = merge({ Name = "${each.value.host}${var.health_check.path}" }, var.tags)

  depends_on = [terraform_data.zone_id_unknown]

  # interval and measure_latency cannot be changed: the records move to the new check before the old one goes
  lifecycle {
    create_before_destroy = true
  }
}
