variables {
  control_table = {
    name        = "prod-control"
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  }
  environment = "prod"
  function = {
    name      = "prod-failover-use1"
    alias_arn = "arn:aws:lambda:us-east-1:123456789012:function:prod-failover-use1:live"
  }
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name        = "prod-failover-use1"
}

run "refuses_an_alarm_after_half_a_minute" {
  command = plan

  variables {
    alarm_minutes = 0.5
  }

  expect_failures = [var.alarm_minutes]
}

run "refuses_a_table_name_with_a_space" {
  command = plan

  variables {
    control_table = { name = "prod control", kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012" }
  }

  expect_failures = [var.control_table]
}

run "refuses_a_table_key_alias" {
  command = plan

  variables {
    control_table = { name = "prod-control", kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/prod-use1" }
  }

  expect_failures = [var.control_table]
}

run "refuses_an_environment_with_a_space" {
  command = plan

  variables {
    environment = "prod eu"
  }

  expect_failures = [var.environment]
}

run "refuses_a_function_name_with_a_colon" {
  command = plan

  variables {
    function = { name = "prod:live", alias_arn = "arn:aws:lambda:us-east-1:123456789012:function:prod-failover-use1:live" }
  }

  expect_failures = [var.function]
}

run "refuses_a_function_without_its_alias" {
  command = plan

  variables {
    function = { name = "prod-failover-use1", alias_arn = "arn:aws:lambda:us-east-1:123456789012:function:prod-failover-use1" }
  }

  expect_failures = [var.function]
}

run "refuses_a_key_alias" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/prod-use1"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_namespace_of_aws" {
  command = plan

  variables {
    metric_namespace = "AWS/Failover"
  }

  expect_failures = [var.metric_namespace]
}

run "refuses_a_name_with_a_space" {
  command = plan

  variables {
    name = "prod failover"
  }

  expect_failures = [var.name]
}

run "refuses_a_recipient_without_a_domain" {
  command = plan

  variables {
    notify = ["oncall"]
  }

  expect_failures = [var.notify]
}

run "refuses_to_observe_a_zone" {
  command = plan

  variables {
    observed_regions = ["eu-west-1a"]
  }

  expect_failures = [var.observed_regions]
}

run "refuses_to_look_twice_a_second" {
  command = plan

  variables {
    tick_seconds = 0.5
  }

  expect_failures = [var.tick_seconds]
}

run "refuses_a_tick_that_does_not_divide_a_minute" {
  command = plan

  variables {
    tick_seconds = 7
  }

  expect_failures = [var.tick_seconds]
}
