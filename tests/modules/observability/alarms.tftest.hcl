variables {
  api_name    = "prod-use1"
  functions   = ["prod-read-use1", "prod-write-use1"]
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name        = "prod-use1"
  tables      = { prod-items = ["ap-southeast-2", "us-west-2"] }
}

run "refuses_an_alias_with_a_colon" {
  command = plan

  variables {
    alias_name = "prod-read-use1:live"
  }

  expect_failures = [var.alias_name]
}

run "refuses_the_arn_of_a_bucket" {
  command = plan

  variables {
    buckets = { "arn:aws:s3:::prod-files" = { replicas = {} } }
  }

  expect_failures = [var.buckets]
}

run "refuses_a_replica_in_a_zone" {
  command = plan

  variables {
    buckets = { prod-files = { replicas = { us-west-2a = "prod-files-usw2" } } }
  }

  expect_failures = [var.buckets]
}

run "refuses_a_latency_of_ten_seconds" {
  command = plan

  variables {
    buckets = { prod-files = { replicas = { us-west-2 = "prod-files-usw2" }, latency_seconds = 10 } }
  }

  expect_failures = [var.buckets]
}

run "refuses_the_arn_of_a_function_that_starts_cold" {
  command = plan

  variables {
    cold_start_functions = ["arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1"]
  }

  expect_failures = [var.cold_start_functions]
}

run "refuses_the_arn_of_a_cluster" {
  command = plan

  variables {
    databases = { "arn:aws:rds:us-east-1:123456789012:cluster:prod-orders-use1" = 5000 }
  }

  expect_failures = [var.databases]
}

run "refuses_no_lag_at_all" {
  command = plan

  variables {
    databases = { prod-orders-use1 = 0 }
  }

  expect_failures = [var.databases]
}

run "refuses_the_arn_of_a_queue" {
  command = plan

  variables {
    dead_letter_queues = ["arn:aws:sqs:us-east-1:123456789012:prod-write-use1-dead-letter"]
  }

  expect_failures = [var.dead_letter_queues]
}

run "refuses_the_arn_of_a_provisioned_function" {
  command = plan

  variables {
    provisioned_functions = ["arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1"]
  }

  expect_failures = [var.provisioned_functions]
}

run "refuses_all_calls_as_share_of_cold_starts" {
  command = plan

  variables {
    thresholds = { cold_start_percent = 100 }
  }

  expect_failures = [var.thresholds]
}

run "refuses_an_empty_api_name" {
  command = plan

  variables {
    api_name = ""
  }

  expect_failures = [var.api_name]
}

run "refuses_a_timeout_of_901_seconds" {
  command = plan

  variables {
    function_timeouts_seconds = { prod-read-use1 = 901 }
  }

  expect_failures = [var.function_timeouts_seconds]
}

run "refuses_the_arn_of_a_function" {
  command = plan

  variables {
    functions = ["arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1"]
  }

  expect_failures = [var.functions]
}

run "refuses_an_alias_as_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/prod-use1"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_name_with_a_dot" {
  command = plan

  variables {
    name = "prod.use1"
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

run "refuses_a_stage_with_a_slash" {
  command = plan

  variables {
    stage_name = "live/"
  }

  expect_failures = [var.stage_name]
}

run "refuses_the_arn_of_a_table" {
  command = plan

  variables {
    tables = { "arn:aws:dynamodb:us-east-1:123456789012:table/prod-items" = [] }
  }

  expect_failures = [var.tables]
}

run "refuses_a_receiving_zone" {
  command = plan

  variables {
    tables = { prod-items = ["us-west-2a"] }
  }

  expect_failures = [var.tables]
}

run "refuses_101_percent" {
  command = plan

  variables {
    thresholds = { api_5xx_percent = 101 }
  }

  expect_failures = [var.thresholds]
}

run "refuses_a_latency_of_zero" {
  command = plan

  variables {
    thresholds = { api_latency_p99_ms = 0 }
  }

  expect_failures = [var.thresholds]
}

run "refuses_all_of_the_timeout" {
  command = plan

  variables {
    thresholds = { function_duration_percent = 100 }
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
