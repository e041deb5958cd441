mock_provider "aws" {
  source = "./mocks"
}

variables {
  copies            = { us-west-2 = { vault_arn = "arn:aws:backup:us-west-2:123456789012:backup-vault:prod-backups-usw2", delete_after_days = 365 } }
  delete_after_days = 35
  name              = "prod-backups"
  resource_arns     = ["arn:aws:dynamodb:us-east-1:123456789012:table/prod-items"]
  role_arn          = "arn:aws:iam::123456789012:role/prod-use1-backup"
  vault_name        = "prod-backups-use1"
}

run "refuses_cold_storage_from_the_first_moment" {
  command = plan

  variables {
    cold_storage_after_days = 0
    delete_after_days       = 120
  }

  expect_failures = [var.cold_storage_after_days]
}

run "refuses_89_days_in_cold_storage" {
  command = plan

  variables {
    cold_storage_after_days = 31
    delete_after_days       = 120
  }

  expect_failures = [var.cold_storage_after_days]
}

run "refuses_a_backup_that_must_be_complete_when_it_begins" {
  command = plan

  variables {
    completion_window_minutes = 90
    start_window_minutes      = 60
  }

  expect_failures = [var.completion_window_minutes]
}

run "refuses_the_vault_of_another_region_than_it_says" {
  command = plan

  variables {
    copies = { eu-west-1 = { vault_arn = "arn:aws:backup:us-west-2:123456789012:backup-vault:prod-backups-usw2", delete_after_days = 365 } }
  }

  expect_failures = [var.copies]
}

run "refuses_copies_that_are_kept_for_no_day" {
  command = plan

  variables {
    copies = { us-west-2 = { vault_arn = "arn:aws:backup:us-west-2:123456789012:backup-vault:prod-backups-usw2", delete_after_days = 0 } }
  }

  expect_failures = [var.copies]
}

run "refuses_copies_with_89_days_in_cold_storage" {
  command = plan

  variables {
    copies = { us-west-2 = { vault_arn = "arn:aws:backup:us-west-2:123456789012:backup-vault:prod-backups-usw2", delete_after_days = 119, cold_storage_after_days = 30 } }
  }

  expect_failures = [var.copies]
}

run "refuses_backups_that_are_kept_for_half_a_day" {
  command = plan

  variables {
    delete_after_days = 0.5
  }

  expect_failures = [var.delete_after_days]
}

run "refuses_a_name_with_a_slash" {
  command = plan

  variables {
    name = "prod/backups"
  }

  expect_failures = [var.name]
}

run "refuses_to_back_up_nothing" {
  command = plan

  variables {
    resource_arns = []
  }

  expect_failures = [var.resource_arns]
}

run "refuses_every_table_of_the_account" {
  command = plan

  variables {
    resource_arns = ["arn:aws:dynamodb:us-east-1:123456789012:table/*"]
  }

  expect_failures = [var.resource_arns]
}

run "refuses_a_role_by_its_name" {
  command = plan

  variables {
    role_arn = "prod-use1-backup"
  }

  expect_failures = [var.role_arn]
}

run "refuses_a_rate_as_schedule" {
  command = plan

  variables {
    schedule = "rate(1 day)"
  }

  expect_failures = [var.schedule]
}

run "refuses_a_start_window_of_59_minutes" {
  command = plan

  variables {
    start_window_minutes = 59
  }

  expect_failures = [var.start_window_minutes]
}

run "refuses_a_vault_by_its_arn" {
  command = plan

  variables {
    vault_name = "arn:aws:backup:us-west-2:123456789012:backup-vault:prod-backups-usw2"
  }

  expect_failures = [var.vault_name]
}

run "refuses_a_copy_in_its_own_region" {
  command = plan

  variables {
    copies = { us-east-1 = { vault_arn = "arn:aws:backup:us-east-1:123456789012:backup-vault:prod-backups-use1", delete_after_days = 35 } }
  }

  expect_failures = [aws_backup_plan.this]
}
