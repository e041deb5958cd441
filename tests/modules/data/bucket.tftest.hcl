variables {
  account_id  = "123456789012"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name        = "prod-files-123456789012-use1"
}

run "refuses_to_abort_uploads_at_once" {
  command = plan

  variables {
    abort_uploads_days = 0
  }

  expect_failures = [var.abort_uploads_days]
}

run "refuses_logs_for_no_day" {
  command = plan

  variables {
    access_logs = { enabled = true, retention_days = 0 }
  }

  expect_failures = [var.access_logs]
}

run "refuses_an_account_id_with_hyphens" {
  command = plan

  variables {
    account_id = "1234-5678-9012"
  }

  expect_failures = [var.account_id]
}

run "refuses_to_archive_after_a_month" {
  command = plan

  variables {
    archive = { access_days = 30 }
  }

  expect_failures = [var.archive]
}

run "refuses_to_archive_deeply_after_a_quarter" {
  command = plan

  variables {
    archive = { deep_access_days = 90 }
  }

  expect_failures = [var.archive]
}

run "refuses_to_archive_without_intelligent_tiering" {
  command = plan

  variables {
    archive             = { access_days = 90 }
    intelligent_tiering = false
  }

  expect_failures = [var.archive]
}

run "refuses_an_origin_without_its_scheme" {
  command = plan

  variables {
    cors = { origins = ["www.example.com"] }
  }

  expect_failures = [var.cors]
}

run "refuses_a_method_that_s3_does_not_know" {
  command = plan

  variables {
    cors = { origins = ["*"], methods = ["PATCH"] }
  }

  expect_failures = [var.cors]
}

run "refuses_a_negative_age" {
  command = plan

  variables {
    cors = { origins = ["*"], max_age_seconds = -1 }
  }

  expect_failures = [var.cors]
}

run "refuses_a_key_alias_with_its_prefix" {
  command = plan

  variables {
    kms_key_alias = "alias/prod-data-use1"
  }

  expect_failures = [var.kms_key_alias]
}

run "refuses_a_key_by_its_id" {
  command = plan

  variables {
    kms_key_arn = "12345678-1234-4234-8234-123456789012"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_name_with_a_dot" {
  command = plan

  variables {
    name = "files.example.com"
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

run "refuses_a_name_that_leaves_no_room_for_logs" {
  command = plan

  variables {
    access_logs = { enabled = true }
    name        = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  }

  expect_failures = [var.name]
}

run "refuses_to_drop_old_versions_at_once" {
  command = plan

  variables {
    noncurrent_days = 0
  }

  expect_failures = [var.noncurrent_days]
}

run "refuses_an_unknown_lock" {
  command = plan

  variables {
    object_lock = { mode = "STRICT", days = 1 }
  }

  expect_failures = [var.object_lock]
}

run "refuses_a_lock_for_half_a_day" {
  command = plan

  variables {
    object_lock = { days = 0.5 }
  }

  expect_failures = [var.object_lock]
}

run "refuses_a_404_for_nobody" {
  command = plan

  variables {
    missing_is_404 = true
  }

  expect_failures = [var.missing_is_404]
}
