variables {
  account_id = "123456789012"
  name       = "prod-files-123456789012-use1-logs"
  writers = {
    AccessLogsOfTheBucket = {
      service     = "logging.s3.amazonaws.com"
      source_arns = ["arn:aws:s3:::prod-files-123456789012-use1"]
    }
  }
}

run "refuses_an_account_id_with_hyphens" {
  command = plan

  variables {
    account_id = "1234-5678-9012"
  }

  expect_failures = [var.account_id]
}

run "refuses_an_alias_as_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/prod-data-use1"
    writers = {
      AWSLogDeliveryWrite = {
        service     = "delivery.logs.amazonaws.com"
        source_arns = ["arn:aws:logs:us-east-1:123456789012:delivery-source:*"]
      }
    }
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_key_for_access_logs_of_s3" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_name_with_a_dot" {
  command = plan

  variables {
    name = "logs.example.com"
  }

  expect_failures = [var.name]
}

run "refuses_a_name_that_s3_reserves" {
  command = plan

  variables {
    name = "prod-files-s3alias"
  }

  expect_failures = [var.name]
}

run "refuses_to_keep_logs_for_no_day" {
  command = plan

  variables {
    retention_days = 0
  }

  expect_failures = [var.retention_days]
}

run "refuses_a_bucket_that_nobody_writes_to" {
  command = plan

  variables {
    writers = {}
  }

  expect_failures = [var.writers]
}

run "refuses_a_writer_that_is_no_service" {
  command = plan

  variables {
    writers = {
      AccessLogs = { service = "logging.s3", source_arns = ["arn:aws:s3:::prod-files-123456789012-use1"] }
    }
  }

  expect_failures = [var.writers]
}

run "refuses_a_writer_for_any_source" {
  command = plan

  variables {
    writers = {
      AccessLogs = { service = "logging.s3.amazonaws.com", source_arns = [] }
    }
  }

  expect_failures = [var.writers]
}

run "refuses_a_prefix_that_begins_with_a_slash" {
  command = plan

  variables {
    writers = {
      AccessLogs = {
        service     = "logging.s3.amazonaws.com"
        source_arns = ["arn:aws:s3:::prod-files-123456789012-use1"]
        prefix      = "/access/"
      }
    }
  }

  expect_failures = [var.writers]
}
