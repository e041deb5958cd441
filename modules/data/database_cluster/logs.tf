resource "aws_cloudwatch_log_group" "this" {
  for_each = local.log_exports

  name              = "/aws/rds/cluster/${var.identifier}/${each.key}"
  kms_key_id        = coalesce(var.log_kms_key_arn, var.kms_key_arn)
  retention_in_days = var.log_retention_days

  tags = var.tags
}
