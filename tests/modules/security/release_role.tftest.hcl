variables {
  account_id     = "123456789012"
  function_names = ["prod-read-use1", "prod-write-use1"]
  name           = "prod-release-use1"
  region         = "us-east-1"
}

run "refuses_an_account_id_with_hyphens" {
  command = plan

  variables {
    account_id = "1234-5678-9012"
  }

  expect_failures = [var.account_id]
}

run "refuses_no_function" {
  command = plan

  variables {
    function_names = []
  }

  expect_failures = [var.function_names]
}

run "refuses_a_function_by_its_arn" {
  command = plan

  variables {
    function_names = ["arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1"]
  }

  expect_failures = [var.function_names]
}

run "refuses_a_hook_without_its_prefix" {
  command = plan

  variables {
    hook_names = ["prod-test-use1"]
  }

  expect_failures = [var.hook_names]
}

run "refuses_a_role_name_with_a_slash" {
  command = plan

  variables {
    name = "prod/release"
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

run "refuses_an_availability_zone_as_region" {
  command = plan

  variables {
    region = "us-east-1a"
  }

  expect_failures = [var.region]
}

run "refuses_a_topic_by_its_arn" {
  command = plan

  variables {
    topics = { alarms = { name = "arn:aws:sns:us-east-1:123456789012:alarms", key_alias = "prod-use1" } }
  }

  expect_failures = [var.topics]
}

run "refuses_a_topic_key_alias_with_its_prefix" {
  command = plan

  variables {
    topics = { alarms = { name = "prod-use1-alarms", key_alias = "alias/prod-use1" } }
  }

  expect_failures = [var.topics]
}
