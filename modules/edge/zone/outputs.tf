output "name" {
  description = "Domain of the zone."
  value       = var.create ? aws_route53_zone.this[0].name : var.name
}

output "name_servers" {
  description = "Name servers to enter at the registrar or parent zone; empty for an existing zone, whose delegation is already done."
  value       = var.create ? aws_route53_zone.this[0].name_servers : []
}

output "zone_id" {
  description = "Id of the zone."
  value       = var.create ? aws_route53_zone.this[0].zone_id : var.zone_id
}
