variables {
  account_id  = "123456789012"
  bucket_name = "prod-tfstate-123456789012-use1"
  kms_alias   = "prod-state-use1"
}

run "refuses_logs_for_half_a_day" {
  command = plan

  variables {
    access_logs = { enabled = true, retention_days = 0.5 }
  }

  expect_failures = [var.access_logs]
}

run "refuses_an_account_id_of_eleven_digits" {
  command = plan

  variables {
    account_id = "12345678901"
  }

  expect_failures = [var.account_id]
}

run "refuses_a_bucket_name_in_capitals" {
  command = plan

  variables {
    bucket_name = "Prod-tfstate"
  }

  expect_failures = [var.bucket_name]
}

run "refuses_a_bucket_name_with_a_dot" {
  command = plan

  variables {
    bucket_name = "prod.tfstate"
  }

  expect_failures = [var.bucket_name]
}

run "refuses_a_bucket_name_that_s3_reserves" {
  command = plan

  variables {
    bucket_name = "prod-tfstate-s3alias"
  }

  expect_failures = [var.bucket_name]
}

run "refuses_a_bucket_name_too_long_for_its_logs" {
  command = plan

  variables {
    access_logs = { enabled = true }
    bucket_name = "prod-tfstate-123456789012-use1-0123456789012345678901234567"
  }

  expect_failures = [var.bucket_name]
}

run "refuses_a_deletion_window_of_six_days" {
  command = plan

  variables {
    key_deletion_window_days = 6
  }

  expect_failures = [var.key_deletion_window_days]
}

run "refuses_an_alias_with_a_space" {
  command = plan

  variables {
    kms_alias = "prod state"
  }

  expect_failures = [var.kms_alias]
}

run "refuses_an_alias_with_its_prefix" {
  command = plan

  variables {
    kms_alias = "alias/prod-state-use1"
  }

  expect_failures = [var.kms_alias]
}

run "refuses_to_keep_versions_for_no_day" {
  command = plan

  variables {
    noncurrent_retention_days = 0
  }

  expect_failures = [var.noncurrent_retention_days]
}

run "refuses_to_keep_no_version" {
  command = plan

  variables {
    noncurrent_versions_kept = 0
  }

  expect_failures = [var.noncurrent_versions_kept]
}

run "refuses_plans_that_expire_at_once" {
  command = plan

  variables {
    plans_retention_days = 0
  }

  expect_failures = [var.plans_retention_days]
}
