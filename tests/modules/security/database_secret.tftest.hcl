variables {
  database_name = "orders"
  description   = "The app user of orders of prod"
  kms_key_arn   = "arn:aws:kms:us-east-1:123456789012:alias/prod-data-use1"
  name          = "prod/orders/app"
  username      = "orders_app"
}

run "refuses_an_upper_case_database_name" {
  command = plan

  variables {
    database_name = "Orders"
  }

  expect_failures = [var.database_name]
}

run "refuses_an_empty_description" {
  command = plan

  variables {
    description = ""
  }

  expect_failures = [var.description]
}

run "refuses_an_engine_of_rds" {
  command = plan

  variables {
    engine = "aurora-postgresql"
  }

  expect_failures = [var.engine]
}

run "refuses_a_bare_alias" {
  command = plan

  variables {
    kms_key_arn = "alias/prod-data-use1"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_name_with_a_wildcard" {
  command = plan

  variables {
    name = "prod/*"
  }

  expect_failures = [var.name]
}

run "refuses_a_name_that_looks_like_the_end_of_an_arn" {
  command = plan

  variables {
    name = "prod-orders"
  }

  expect_failures = [var.name]
}

run "refuses_a_privileged_port" {
  command = plan

  variables {
    port = 443
  }

  expect_failures = [var.port]
}

run "refuses_a_recovery_window_of_a_day" {
  command = plan

  variables {
    recovery_window_days = 1
  }

  expect_failures = [var.recovery_window_days]
}

run "refuses_a_replica_in_a_zone" {
  command = plan

  variables {
    replicas = { eu-west-1a = "arn:aws:kms:eu-west-1a:123456789012:alias/prod-data-euw1" }
  }

  expect_failures = [var.replicas]
}

run "refuses_a_replica_under_another_region_s_key" {
  command = plan

  variables {
    replicas = { eu-west-1 = "arn:aws:kms:us-east-1:123456789012:alias/prod-data-use1" }
  }

  expect_failures = [var.replicas]
}

run "refuses_a_rotation_after_half_a_day" {
  command = plan

  variables {
    rotation = { function_arn = "arn:aws:lambda:us-east-1:123456789012:function:prod-rotation-use1", days = 0.5 }
  }

  expect_failures = [var.rotation]
}

run "refuses_a_rotation_function_by_name" {
  command = plan

  variables {
    rotation = { function_arn = "prod-rotation-use1" }
  }

  expect_failures = [var.rotation]
}

run "refuses_a_user_with_a_hyphen" {
  command = plan

  variables {
    username = "orders-app"
  }

  expect_failures = [var.username]
}
