# Terraform cannot mock ephemeral resources, so the real provider plans here, with nothing but dummy keys.
provider "aws" {
  region     = "us-east-1"
  access_key = "dummy"
  secret_key = "dummy"

  max_retries                 = 1
  skip_credentials_validation = true
  skip_metadata_api_check     = "true"
  skip_requesting_account_id  = true
}

variables {
  engine_version            = "16.8"
  global_cluster_identifier = "prod-orders"
  identifier                = "prod-orders-euw1"
  kms_key_arn               = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  role                      = "secondary"
  subnet_ids                = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  vpc_id                    = "vpc-0123456789abcdef0"
}

run "accepts_a_primary" {
  command = plan

  variables {
    admin_secret_id = "prod/orders/admin"
    database_name   = "orders"
    master_username = "orders_admin"
    role            = "primary"
  }

  assert {
    condition     = aws_rds_cluster.this.master_username == "orders_admin"
    error_message = "A primary must have its administrator."
  }
}

run "refuses_a_secret_for_a_secondary" {
  command = plan

  variables {
    admin_secret_id = "prod/orders/admin"
  }

  expect_failures = [var.admin_secret_id]
}

run "refuses_a_group_by_name" {
  command = plan

  variables {
    allowed_security_group_ids = { functions = "functions" }
  }

  expect_failures = [var.allowed_security_group_ids]
}

run "refuses_no_backups" {
  command = plan

  variables {
    backup_retention_days = 0
  }

  expect_failures = [var.backup_retention_days]
}

run "refuses_a_backup_window_without_an_end" {
  command = plan

  variables {
    backup_window = "02:00"
  }

  expect_failures = [var.backup_window]
}

run "refuses_an_unknown_certificate_authority" {
  command = plan

  variables {
    ca_certificate = "letsencrypt"
  }

  expect_failures = [var.ca_certificate]
}

run "refuses_a_database_for_a_secondary" {
  command = plan

  variables {
    database_name = "orders"
  }

  expect_failures = [var.database_name]
}

run "refuses_an_upper_case_database_name" {
  command = plan

  variables {
    admin_secret_id = "prod/orders/admin"
    database_name   = "Orders"
    master_username = "orders_admin"
    role            = "primary"
  }

  expect_failures = [var.database_name]
}

run "refuses_an_engine_without_global_databases" {
  command = plan

  variables {
    engine = "postgres"
  }

  expect_failures = [var.engine]
}

run "refuses_a_major_version_alone" {
  command = plan

  variables {
    engine_version = "16"
  }

  expect_failures = [var.engine_version]
}

run "refuses_a_global_cluster_by_arn" {
  command = plan

  variables {
    global_cluster_identifier = "arn:aws:rds::123456789012:global-cluster:prod-orders"
  }

  expect_failures = [var.global_cluster_identifier]
}

run "refuses_an_rpo_below_twenty_seconds" {
  command = plan

  variables {
    global_rpo_seconds = 5
  }

  expect_failures = [var.global_rpo_seconds]
}

run "refuses_an_rpo_with_mysql" {
  command = plan

  variables {
    engine             = "aurora-mysql"
    engine_version     = "8.0.mysql_aurora.3.08.0"
    global_rpo_seconds = 30
  }

  expect_failures = [var.global_rpo_seconds]
}

run "refuses_an_identifier_that_ends_with_a_hyphen" {
  command = plan

  variables {
    identifier = "prod-orders-"
  }

  expect_failures = [var.identifier]
}

run "refuses_an_unknown_mode_of_insights" {
  command = plan

  variables {
    insights = { mode = "full" }
  }

  expect_failures = [var.insights]
}

run "refuses_a_burstable_class" {
  command = plan

  variables {
    instance_class = "db.t4g.medium"
  }

  expect_failures = [var.instance_class]
}

run "refuses_serverless_without_bounds" {
  command = plan

  variables {
    instance_class = "db.serverless"
  }

  expect_failures = [var.instance_class]
}

run "refuses_seventeen_instances" {
  command = plan

  variables {
    instances = 17
  }

  expect_failures = [var.instances]
}

run "refuses_a_primary_without_instances" {
  command = plan

  variables {
    admin_secret_id = "prod/orders/admin"
    database_name   = "orders"
    instances       = 0
    master_username = "orders_admin"
    role            = "primary"
  }

  expect_failures = [var.instances]
}

run "refuses_a_key_alias" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/prod-data-use1"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_log_of_the_other_engine" {
  command = plan

  variables {
    log_exports = ["slowquery"]
  }

  expect_failures = [var.log_exports]
}

run "refuses_a_log_key_alias" {
  command = plan

  variables {
    log_kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/prod-use1"
  }

  expect_failures = [var.log_kms_key_arn]
}

run "refuses_a_retention_unknown_to_cloudwatch" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "refuses_a_maintenance_window_without_days" {
  command = plan

  variables {
    maintenance_window = "04:00-05:00"
  }

  expect_failures = [var.maintenance_window]
}

run "refuses_an_administrator_for_a_secondary" {
  command = plan

  variables {
    master_username = "orders_admin"
  }

  expect_failures = [var.master_username]
}

run "refuses_an_administrator_with_a_hyphen" {
  command = plan

  variables {
    admin_secret_id = "prod/orders/admin"
    database_name   = "orders"
    master_username = "orders-admin"
    role            = "primary"
  }

  expect_failures = [var.master_username]
}

run "refuses_an_administrator_everybody_tries" {
  command = plan

  variables {
    admin_secret_id = "prod/orders/admin"
    database_name   = "orders"
    master_username = "postgres"
    role            = "primary"
  }

  expect_failures = [var.master_username]
}

run "refuses_samples_every_minute_and_a_half" {
  command = plan

  variables {
    monitoring = { role_arn = "arn:aws:iam::123456789012:role/monitoring", interval_seconds = 90 }
  }

  expect_failures = [var.monitoring]
}

run "refuses_a_monitoring_role_by_name" {
  command = plan

  variables {
    monitoring = { role_arn = "monitoring" }
  }

  expect_failures = [var.monitoring]
}

run "refuses_an_unknown_moment_of_effect" {
  command = plan

  variables {
    parameters = { work_mem = { value = "65536", apply_method = "now" } }
  }

  expect_failures = [var.parameters]
}

run "refuses_to_turn_off_encryption_in_transit" {
  command = plan

  variables {
    parameters = { "rds.force_ssl" = { value = "0" } }
  }

  expect_failures = [var.parameters]
}

run "refuses_a_privileged_port" {
  command = plan

  variables {
    port = 443
  }

  expect_failures = [var.port]
}

run "refuses_an_unknown_role" {
  command = plan

  variables {
    role = "standby"
  }

  expect_failures = [var.role]
}

run "refuses_capacity_in_thirds" {
  command = plan

  variables {
    serverless = { min = 0.3, max = 8 }
  }

  expect_failures = [var.serverless]
}

run "refuses_capacity_that_pauses" {
  command = plan

  variables {
    serverless = { min = 0, max = 8 }
  }

  expect_failures = [var.serverless]
}

run "refuses_a_single_subnet" {
  command = plan

  variables {
    subnet_ids = ["subnet-0123456789abcdef0"]
  }

  expect_failures = [var.subnet_ids]
}

run "refuses_a_network_by_name" {
  command = plan

  variables {
    vpc_id = "prod-network"
  }

  expect_failures = [var.vpc_id]
}

run "refuses_write_forwarding_before_it_was_known" {
  command = plan

  variables {
    engine_version = "15.3"
  }

  expect_failures = [var.write_forwarding]
}
