variables {
  kms_key_arn = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-4222-8222-222222222222"
  name        = "prod-backups-usw2"
}

run "refuses_as_break_glass_a_role_by_its_name" {
  command = plan

  variables {
    break_glass_role_arns = ["admin"]
  }

  expect_failures = [var.break_glass_role_arns]
}

run "refuses_a_break_glass_role_where_everybody_may_delete" {
  command = plan

  variables {
    break_glass_role_arns = ["arn:aws:iam::123456789012:role/admin"]
    deny_deletion         = false
  }

  expect_failures = [var.break_glass_role_arns]
}

run "refuses_to_destroy_what_nobody_may_delete" {
  command = plan

  variables {
    force_destroy = true
  }

  expect_failures = [var.force_destroy]
}

run "refuses_to_destroy_what_is_locked" {
  command = plan

  variables {
    deny_deletion = false
    force_destroy = true
    lock          = { min_retention_days = 7 }
  }

  expect_failures = [var.force_destroy]
}

run "refuses_an_alias_as_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-west-2:123456789012:alias/prod-usw2"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_lock_for_no_day" {
  command = plan

  variables {
    lock = { min_retention_days = 0 }
  }

  expect_failures = [var.lock]
}

run "refuses_a_lock_for_half_a_day" {
  command = plan

  variables {
    lock = { min_retention_days = 7.5 }
  }

  expect_failures = [var.lock]
}

run "refuses_a_lock_whose_most_is_below_its_least" {
  command = plan

  variables {
    lock = { min_retention_days = 35, max_retention_days = 7 }
  }

  expect_failures = [var.lock]
}

run "refuses_a_name_with_a_dot" {
  command = plan

  variables {
    name = "prod.backups"
  }

  expect_failures = [var.name]
}
