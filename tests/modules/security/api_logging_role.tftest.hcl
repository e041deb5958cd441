variables {
  account_id = "123456789012"
  name       = "prod-api-logs"
}

run "refuses_an_account_id_of_eleven_digits" {
  command = plan

  variables {
    account_id = "12345678901"
  }

  expect_failures = [var.account_id]
}

run "refuses_a_name_with_a_space" {
  command = plan

  variables {
    name = "prod api logs"
  }

  expect_failures = [var.name]
}

run "refuses_a_boundary_that_is_no_policy" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:role/boundary"
  }

  expect_failures = [var.permissions_boundary]
}
