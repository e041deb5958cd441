# This region's vote. Never a global table: a replica would carry one region's view over another's.
resource "aws_dynamodb_table" "control" {
  name         = var.control_table.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"

  deletion_protection_enabled = var.control_table.deletion_protection

  attribute {
    name = "pk"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.control_table.kms_key_arn
  }

  tags = var.tags
}
