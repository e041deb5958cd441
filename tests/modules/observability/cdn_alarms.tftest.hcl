variables {
  distribution_id = "E1A2B3C4D5E6F7"
  kms_key_arn     = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name            = "prod-cdn"
}

run "refuses_the_domain_name_of_a_distribution" {
  command = plan

  variables {
    distribution_id = "d111111abcdef8.cloudfront.net"
  }

  expect_failures = [var.distribution_id]
}

run "refuses_an_alias_as_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/prod-cdn"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_name_with_a_dot" {
  command = plan

  variables {
    name = "prod.cdn"
  }

  expect_failures = [var.name]
}

run "refuses_an_address_without_a_domain" {
  command = plan

  variables {
    notify = ["oncall"]
  }

  expect_failures = [var.notify]
}

run "refuses_100_percent" {
  command = plan

  variables {
    thresholds = { error_5xx_percent = 100 }
  }

  expect_failures = [var.thresholds]
}

run "refuses_a_latency_of_zero" {
  command = plan

  variables {
    thresholds = { origin_latency_ms = 0 }
  }

  expect_failures = [var.thresholds]
}

run "refuses_more_datapoints_than_periods" {
  command = plan

  variables {
    thresholds = { datapoints_to_alarm = 4 }
  }

  expect_failures = [var.thresholds]
}

run "refuses_a_period_of_90_seconds" {
  command = plan

  variables {
    thresholds = { period_seconds = 90 }
  }

  expect_failures = [var.thresholds]
}

run "refuses_an_evaluation_of_more_than_a_day" {
  command = plan

  variables {
    thresholds = { period_seconds = 86400 }
  }

  expect_failures = [var.thresholds]
}
