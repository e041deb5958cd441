# Functions reach the endpoints and nothing else; whoever owns a database opens the way to it.

# nothing uses it, and nothing that forgets to name a group should be reachable
resource "aws_default_security_group" "this" {
  vpc_id = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-default-unused" })
}

resource "aws_security_group" "functions" {
  name        = "${var.name}-functions"
  description = "Functions inside the network"
  vpc_id      = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-functions" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group" "endpoints" {
  name        = "${var.name}-endpoints"
  description = "Interface endpoints of AWS services"
  vpc_id      = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-endpoints" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "functions_to_endpoints" {
  description                  = "AWS services by interface endpoint"
  from_port                    = 443
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.endpoints.id
  security_group_id            = aws_security_group.functions.id
  to_port                      = 443

  tags = var.tags
}

resource "aws_vpc_security_group_egress_rule" "functions_to_gateways" {
  for_each = aws_vpc_endpoint.gateway

  description       = "${each.key} by gateway endpoint"
  from_port         = 443
  ip_protocol       = "tcp"
  prefix_list_id    = each.value.prefix_list_id
  security_group_id = aws_security_group.functions.id
  to_port           = 443

  tags = var.tags
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_from_functions" {
  description                  = "Functions inside the network"
  from_port                    = 443
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.functions.id
  security_group_id            = aws_security_group.endpoints.id
  to_port                      = 443

  tags = var.tags
}
