locals {
  primary = var.role == "primary"
  mysql   = var.engine == "aurora-mysql"
  port    = coalesce(var.port, local.mysql ? 3306 : 5432)

  # 16.8 -> aurora-postgresql16, 8.0.mysql_aurora.3.08.0 -> aurora-mysql8.0
  version_parts = split(".", var.engine_version)
  family = (
    local.mysql
    ? "aurora-mysql${join(".", slice(local.version_parts, 0, 2))}"
    : "aurora-postgresql${local.version_parts[0]}"
  )

  log_exports = coalesce(var.log_exports, toset(local.mysql ? ["error", "slowquery"] : ["postgresql"]))
}

resource "aws_db_subnet_group" "this" {
  name        = var.identifier
  description = "Subnets of the database cluster ${var.identifier}"
  subnet_ids  = var.subnet_ids

  tags = var.tags
}

resource "aws_rds_cluster" "this" {
  # checkov:skip=CKV_AWS_162:IAM authentication is the caller's choice, functions use a rotated secret that write forwarding accepts too.
  cluster_identifier        = var.identifier
  global_cluster_identifier = var.global_cluster_identifier

  engine         = var.engine
  engine_version = var.engine_version
  port           = local.port

  # a secondary has all of these from the primary, and RDS refuses them there
  database_name              = local.primary ? var.database_name : null
  master_password_wo         = local.primary ? local.master_password : null
  master_password_wo_version = local.primary ? 1 : null
  master_username            = local.primary ? var.master_username : null

  enable_global_write_forwarding      = var.write_forwarding
  enable_http_endpoint                = var.data_api
  iam_database_authentication_enabled = var.iam_authentication

  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this.name
  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [aws_security_group.this.id]

  kms_key_id        = var.kms_key_arn
  storage_encrypted = true

  backup_retention_period      = var.backup_retention_days
  copy_tags_to_snapshot        = true
  deletion_protection          = var.deletion_protection
  final_snapshot_identifier    = var.skip_final_snapshot ? null : "${var.identifier}-final"
  preferred_backup_window      = var.backup_window
  preferred_maintenance_window = var.maintenance_window
  skip_final_snapshot          = var.skip_final_snapshot

  apply_immediately               = var.apply_immediately
  enabled_cloudwatch_logs_exports = local.log_exports

  database_insights_mode                = var.insights.mode
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = var.kms_key_arn
  performance_insights_retention_period = var.insights.mode == "advanced" ? 465 : 7

  dynamic "serverlessv2_scaling_configuration" {
    for_each = var.serverless == null ? [] : [var.serverless]

    content {
      max_capacity = serverlessv2_scaling_configuration.value.max
      min_capacity = serverlessv2_scaling_configuration.value.min
    }
  }

  tags = var.tags

  # RDS would make the groups itself, without key and retention
  depends_on = [aws_cloudwatch_log_group.this]

  lifecycle {
    # What a switchover or failover changes, and what rotation owns:
    # - global_cluster_identifier: a cluster that was left out of the global database while its region was down
    #   cannot be put back by an update, and taking it out would split the database in two.
    # - replication_source_identifier: set on whatever is secondary now; an empty one in the configuration would
    #   make the provider promote the cluster out of its global database.
    # - master_password_wo_version: after its creation the cluster's password is the rotation's, not Terraform's.
    ignore_changes = [global_cluster_identifier, master_password_wo_version, replication_source_identifier]
  }
}

resource "aws_rds_cluster_instance" "this" {
  for_each = toset([for number in range(var.instances) : tostring(number + 1)])

  cluster_identifier = aws_rds_cluster.this.id
  identifier         = "${var.identifier}-${each.key}"
  engine             = var.engine
  instance_class     = var.serverless == null ? var.instance_class : "db.serverless"

  apply_immediately = var.apply_immediately
  # members of a global database have to run the same version, so upgrades are a decision
  auto_minor_version_upgrade   = false
  ca_cert_identifier           = var.ca_certificate
  copy_tags_to_snapshot        = true
  db_subnet_group_name         = aws_db_subnet_group.this.name
  monitoring_interval          = var.monitoring == null ? 0 : var.monitoring.interval_seconds
  monitoring_role_arn          = var.monitoring == null ? null : var.monitoring.role_arn
  preferred_maintenance_window = var.maintenance_window
  publicly_accessible          = false

  tags = var.tags
}
