# The AWS services that are reached from inside: DynamoDB and S3 through gateways, others through interfaces.

data "aws_iam_policy_document" "endpoint" {
  # without a policy an endpoint also carries data to other people's accounts
  statement {
    sid       = "PrincipalsOfThisAccountOnly"
    actions   = ["*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [aws_vpc.this.owner_id]
    }
  }
}

resource "aws_vpc_endpoint" "gateway" {
  for_each = toset(["dynamodb", "s3"])

  policy            = data.aws_iam_policy_document.endpoint.json
  route_table_ids   = concat([aws_route_table.isolated.id], values(aws_route_table.private)[*].id)
  service_name      = "com.amazonaws.${var.region}.${each.key}"
  vpc_endpoint_type = "Gateway"
  vpc_id            = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}

resource "aws_vpc_endpoint" "interface" {
  for_each = var.interface_endpoints

  policy              = data.aws_iam_policy_document.endpoint.json
  private_dns_enabled = true
  security_group_ids  = [aws_security_group.endpoints.id]
  service_name        = "com.amazonaws.${var.region}.${each.key}"
  subnet_ids          = values(aws_subnet.isolated)[*].id
  vpc_endpoint_type   = "Interface"
  vpc_id              = aws_vpc.this.id

  tags = merge(var.tags, { Name = "${var.name}-${each.key}" })
}
