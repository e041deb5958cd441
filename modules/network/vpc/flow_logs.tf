resource "aws_cloudwatch_log_group" "flow" {
  count = var.flow_logs == null ? 0 : 1

  name              = "/aws/vpc/${var.name}"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.log_retention_days

  tags = var.tags
}

resource "aws_flow_log" "this" {
  count = var.flow_logs == null ? 0 : 1

  iam_role_arn             = var.flow_logs.role_arn
  log_destination          = aws_cloudwatch_log_group.flow[0].arn
  log_destination_type     = "cloud-watch-logs"
  max_aggregation_interval = var.flow_logs.aggregation_seconds
  traffic_type             = var.flow_logs.traffic
  vpc_id                   = aws_vpc.this.id

  tags = merge(var.tags, { Name = var.name })
}
