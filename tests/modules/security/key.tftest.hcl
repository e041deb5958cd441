variables {
  account_id  = "123456789012"
  alias       = "prod-use1"
  description = "Logs, queues and environment variables of prod in us-east-1."
}

run "refuses_an_account_id_of_eleven_digits" {
  command = plan

  variables {
    account_id = "12345678901"
  }

  expect_failures = [var.account_id]
}

run "refuses_an_alias_with_a_space" {
  command = plan

  variables {
    alias = "prod use1"
  }

  expect_failures = [var.alias]
}

run "refuses_an_alias_with_its_prefix" {
  command = plan

  variables {
    alias = "alias/prod-use1"
  }

  expect_failures = [var.alias]
}

run "refuses_a_deletion_window_of_six_days" {
  command = plan

  variables {
    deletion_window_days = 6
  }

  expect_failures = [var.deletion_window_days]
}

run "refuses_an_empty_description" {
  command = plan

  variables {
    description = ""
  }

  expect_failures = [var.description]
}

run "refuses_a_rotation_every_month" {
  command = plan

  variables {
    rotation_period_days = 30
  }

  expect_failures = [var.rotation_period_days]
}

run "refuses_a_service_that_is_no_principal" {
  command = plan

  variables {
    services = ["logs"]
  }

  expect_failures = [var.services]
}
