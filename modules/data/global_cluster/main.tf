resource "aws_rds_global_cluster" "this" {
  global_cluster_identifier = var.identifier

  database_name            = var.database_name
  engine                   = var.engine
  engine_lifecycle_support = var.extended_support ? "open-source-rds-extended-support" : "open-source-rds-extended-support-disabled"
  engine_version           = var.engine_version
  storage_encrypted        = true

  deletion_protection = var.deletion_protection
  force_destroy       = var.force_destroy

  tags = var.tags
}
