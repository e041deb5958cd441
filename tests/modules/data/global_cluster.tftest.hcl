variables {
  database_name  = "orders"
  engine_version = "16.8"
  identifier     = "prod-orders"
}

run "refuses_an_upper_case_database_name" {
  command = plan

  variables {
    database_name = "Orders"
  }

  expect_failures = [var.database_name]
}

run "refuses_a_database_of_the_engine" {
  command = plan

  variables {
    database_name = "postgres"
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

run "refuses_an_identifier_with_an_underscore" {
  command = plan

  variables {
    identifier = "prod_orders"
  }

  expect_failures = [var.identifier]
}
