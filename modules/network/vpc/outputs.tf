output "cidr" {
  description = "Range of the network."
  value       = aws_vpc.this.cidr_block
}

output "endpoint_ids" {
  description = "Endpoint of each AWS service, by the service's short name."
  value = merge(
    { for service, endpoint in aws_vpc_endpoint.gateway : service => endpoint.id },
    { for service, endpoint in aws_vpc_endpoint.interface : service => endpoint.id },
  )
}

output "endpoint_security_group_id" {
  description = "Security group of the interface endpoints."
  value       = aws_security_group.endpoints.id
}

output "function_security_group_id" {
  description = "Security group of functions that run inside the network."
  value       = aws_security_group.functions.id

  # a function that is given the group calls AWS services at once
  depends_on = [
    aws_vpc_endpoint.gateway,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.functions_to_endpoints,
    aws_vpc_security_group_egress_rule.functions_to_gateways,
    aws_vpc_security_group_ingress_rule.endpoints_from_functions,
  ]
}

output "route_table_id" {
  description = "Route table of the isolated subnets."
  value       = aws_route_table.isolated.id
}

output "subnet_ids" {
  description = "Isolated subnets in the order of the availability zones."
  value       = [for zone in var.availability_zones : aws_subnet.isolated[zone].id]
}

output "tier_subnet_ids" {
  description = "Subnets of every tier in the order of the availability zones, by tier."
  value = {
    for tier, subnets in { isolated = aws_subnet.isolated, private = aws_subnet.private, public = aws_subnet.public } :
    tier => [for zone in var.availability_zones : subnets[zone].id] if contains(keys(var.tiers), tier)
  }
}

output "vpc_id" {
  description = "Identifier of the network."
  value       = aws_vpc.this.id
}
