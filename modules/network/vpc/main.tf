locals {
  # keyed by tier and zone, so that a subnet keeps its range when a zone is added at the end
  subnets = {
    for tier, range in var.tiers : tier => {
      for index, zone in var.availability_zones :
      zone => cidrsubnet(var.cidr, coalesce(range.newbits, var.subnet_newbits), range.first + index)
    }
  }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true

  tags = merge(var.tags, { Name = var.name })
}
