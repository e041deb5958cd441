locals {
  # keyed by zone, so that a subnet keeps its range when a zone is added at the end
  subnets = {
    for index, zone in var.availability_zones : zone => cidrsubnet(var.cidr, var.subnet_newbits, index)
  }
}

resource "aws_vpc" "this" {
  cidr_block           = var.cidr
  enable_dns_hostnames = true
  enable_dns_support   = true

  tags = merge(var.tags, { Name = var.name })
}

resource "aws_subnet" "isolated" {
  for_each = local.subnets

  availability_zone       = each.key
  cidr_block              = each.value
  map_public_ip_on_launch = false
  vpc_id                  = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-isolated-${each.key}" })
}

# no route but the local one and those of the gateway endpoints: there is no way to the internet
resource "aws_route_table" "isolated" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-isolated" })
}

resource "aws_route_table_association" "isolated" {
  for_each = aws_subnet.isolated

  route_table_id = aws_route_table.isolated.id
  subnet_id      = each.value.id
}
