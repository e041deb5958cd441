locals {
  # encryption in transit for every session, and the statements that an investigation needs
  engine_parameters = local.mysql ? {
    require_secure_transport = { value = "ON", apply_method = "immediate" }
    slow_query_log           = { value = "1", apply_method = "immediate" }
    } : {
    "rds.force_ssl"            = { value = "1", apply_method = "immediate" }
    log_min_duration_statement = { value = "1000", apply_method = "immediate" }
    log_statement              = { value = "ddl", apply_method = "immediate" }
  }

  # set in every region, for it is the writer's group that counts and any of them may come to write
  rpo_parameters = var.global_rpo_seconds == null ? {} : {
    "rds.global_db_rpo" = { value = tostring(var.global_rpo_seconds), apply_method = "immediate" }
  }
}

resource "aws_rds_cluster_parameter_group" "this" {
  # a group belongs to one family, so a new major version needs a new group beside the old one
  name        = "${var.identifier}-${replace(local.family, ".", "-")}"
  description = "Parameters of the database cluster ${var.identifier}"
  family      = local.family

  dynamic "parameter" {
    for_each = merge(local.engine_parameters, local.rpo_parameters, var.parameters)

    content {
      name         = parameter.key
      value        = parameter.value.value
      apply_method = parameter.value.apply_method
    }
  }

  tags = var.tags

  lifecycle {
    create_before_destroy = true
  }
}
