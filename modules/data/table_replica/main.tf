resource "aws_dynamodb_table_replica" "this" {
  global_table_arn = var.table_arn
  kms_key_arn      = var.kms_key_arn

  deletion_protection_enabled = var.deletion_protection
  point_in_time_recovery      = var.point_in_time_recovery

  tags = var.tags
}
