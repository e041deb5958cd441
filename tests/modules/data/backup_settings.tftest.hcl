variables {
  resource_types = ["Aurora", "DynamoDB"]
}

run "refuses_no_type" {
  command = plan

  variables {
    resource_types = []
  }

  expect_failures = [var.resource_types]
}

run "refuses_a_type_that_is_none_of_ours" {
  command = plan

  variables {
    resource_types = ["DynamoDB", "EFS"]
  }

  expect_failures = [var.resource_types]
}
