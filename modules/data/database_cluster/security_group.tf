# The way from the callers' groups to the cluster, opened on both sides.

resource "aws_security_group" "this" {
  name        = "${var.identifier}-database"
  description = "Database cluster ${var.identifier}"
  vpc_id      = var.vpc_id

  tags = merge(var.tags, { Name = "${var.identifier}-database" })

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "callers" {
  for_each = var.allowed_security_group_ids

  description                  = "Sessions of ${each.key}"
  from_port                    = local.port
  ip_protocol                  = "tcp"
  referenced_security_group_id = each.value
  security_group_id            = aws_security_group.this.id
  to_port                      = local.port

  tags = var.tags
}

resource "aws_vpc_security_group_egress_rule" "callers" {
  for_each = var.allowed_security_group_ids

  description                  = "Sessions to ${var.identifier}"
  from_port                    = local.port
  ip_protocol                  = "tcp"
  referenced_security_group_id = aws_security_group.this.id
  security_group_id            = each.value
  to_port                      = local.port

  tags = var.tags
}
