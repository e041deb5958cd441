mock_provider "aws" {
  source = "./mocks"
}

variables {
  candidate_version = "8"
  function_name     = "prod-write-use1"
  name              = "prod-write-use1"
  role_arn          = "arn:aws:iam::123456789012:role/prod-release-use1"
  serving_version   = "7"
}

run "accepts_the_smallest_call" {
  command = plan

  assert {
    condition     = output.deployment_group_name == "live" && output.deployment != null
    error_message = "There must be a group for the alias, and something to release."
  }
}

run "has_nothing_to_release_when_the_candidate_serves" {
  command = plan

  variables {
    serving_version = "8"
  }

  assert {
    condition     = output.deployment == null && output.appspec == null
    error_message = "A version that serves must not be released."
  }
}

run "refuses_an_error_share_of_zero" {
  command = plan

  variables {
    alarms = { error_percent = 0 }
  }

  expect_failures = [var.alarms]
}

run "refuses_half_a_request" {
  command = plan

  variables {
    alarms = { minimum_requests = 0.5 }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_duration_of_zero" {
  command = plan

  variables {
    alarms = { p99_milliseconds = 0 }
  }

  expect_failures = [var.alarms]
}

run "refuses_nine_further_alarms" {
  command = plan

  variables {
    alarms = { further_alarm_names = [for number in range(9) : "alarm-${number}"] }
  }

  expect_failures = [var.alarms]
}

run "refuses_a_number_as_alias" {
  command = plan

  variables {
    alias_name = "7"
  }

  expect_failures = [var.alias_name]
}

run "refuses_to_release_latest" {
  command = plan

  variables {
    candidate_version = "$LATEST"
  }

  expect_failures = [var.candidate_version]
}

run "refuses_a_function_by_its_arn" {
  command = plan

  variables {
    function_name = "arn:aws:lambda:us-east-1:123456789012:function:prod-write-use1"
  }

  expect_failures = [var.function_name]
}

run "refuses_a_hook_that_codedeploy_may_not_run" {
  command = plan

  variables {
    hooks = { before_traffic = "prod-test-use1" }
  }

  expect_failures = [var.hooks]
}

run "refuses_a_name_with_a_slash" {
  command = plan

  variables {
    name = "prod/write"
  }

  expect_failures = [var.name]
}

run "refuses_a_role_that_is_a_user" {
  command = plan

  variables {
    role_arn = "arn:aws:iam::123456789012:user/release"
  }

  expect_failures = [var.role_arn]
}

run "refuses_latest_as_what_serves" {
  command = plan

  variables {
    serving_version = "$LATEST"
  }

  expect_failures = [var.serving_version]
}

run "refuses_an_unknown_shift" {
  command = plan

  variables {
    shift = { kind = "random" }
  }

  expect_failures = [var.shift]
}

run "refuses_a_shift_of_everything" {
  command = plan

  variables {
    shift = { percent = 100 }
  }

  expect_failures = [var.shift]
}

run "refuses_a_shift_of_three_days" {
  command = plan

  variables {
    shift = { minutes = 4320 }
  }

  expect_failures = [var.shift]
}

run "refuses_a_topic_by_its_name" {
  command = plan

  variables {
    topic_arn = "prod-use1-alarms"
  }

  expect_failures = [var.topic_arn]
}

run "refuses_a_log_group_with_a_colon" {
  command = plan

  variables {
    log_group_name = "/aws/lambda/prod:write"
  }

  expect_failures = [var.log_group_name]
}
