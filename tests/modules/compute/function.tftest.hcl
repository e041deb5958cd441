mock_provider "aws" {
  source = "./mocks"
}

variables {
  description = "read of prod in us-east-1"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name        = "prod-read-use1"
  package     = "functions/read.zip"
  role_arn    = "arn:aws:iam::123456789012:role/prod-read-use1"
}

run "accepts_every_option" {
  command = plan

  variables {
    architecture            = "x86_64"
    dead_letter             = { enabled = true, retention_days = 1, max_event_age_seconds = 60, max_retries = 0 }
    environment             = { TABLE_ITEMS = "prod-items" }
    memory_mb               = 10240
    provisioned_concurrency = 5
    reserved_concurrency    = 5
    timeout_seconds         = 900
    tracing                 = false
  }

  assert {
    condition     = output.dead_letter_arn == aws_sqs_queue.dead_letter[0].arn
    error_message = "The queue must be known to others."
  }
}

run "accepts_a_canary_in_a_vpc" {
  command = plan

  variables {
    canary = { role_arn = "arn:aws:iam::123456789012:role/prod-release-use1" }
    vpc    = { subnet_ids = ["subnet-0a", "subnet-0b"], security_group_ids = ["sg-0a"] }
  }

  assert {
    condition     = output.alias_name == "live" && output.release == null
    error_message = "The alias must be live, and its first version needs no release."
  }
}

run "refuses_an_unknown_architecture" {
  command = plan

  variables {
    architecture = "riscv"
  }

  expect_failures = [var.architecture]
}

run "refuses_a_canary_without_a_role" {
  command = plan

  variables {
    canary = { role_arn = "prod-release-use1" }
  }

  expect_failures = [var.canary]
}

run "refuses_a_queue_that_keeps_for_fifteen_days" {
  command = plan

  variables {
    dead_letter = { enabled = true, retention_days = 15 }
  }

  expect_failures = [var.dead_letter]
}

run "refuses_an_event_age_of_a_day" {
  command = plan

  variables {
    dead_letter = { enabled = true, max_event_age_seconds = 86400 }
  }

  expect_failures = [var.dead_letter]
}

run "refuses_three_retries" {
  command = plan

  variables {
    dead_letter = { enabled = true, max_retries = 3 }
  }

  expect_failures = [var.dead_letter]
}

run "refuses_an_empty_description" {
  command = plan

  variables {
    description = ""
  }

  expect_failures = [var.description]
}

run "refuses_a_variable_that_starts_with_a_digit" {
  command = plan

  variables {
    environment = { "1ST" = "x" }
  }

  expect_failures = [var.environment]
}

run "refuses_a_variable_that_lambda_sets" {
  command = plan

  variables {
    environment = { AWS_REGION = "us-west-2" }
  }

  expect_failures = [var.environment]
}

run "refuses_variables_of_more_than_4_kb" {
  command = plan

  variables {
    environment = { LONG = join("", [for _ in range(512) : "12345678"]) }
  }

  expect_failures = [var.environment]
}

run "refuses_a_tmp_of_100_mb" {
  command = plan

  variables {
    ephemeral_storage_mb = 100
  }

  expect_failures = [var.ephemeral_storage_mb]
}

run "refuses_a_handler_with_a_space" {
  command = plan

  variables {
    handler = "handler handler"
  }

  expect_failures = [var.handler]
}

run "refuses_an_alias_as_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/prod-use1"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_retention_that_cloudwatch_does_not_know" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "refuses_memory_of_127_mb" {
  command = plan

  variables {
    memory_mb = 127
  }

  expect_failures = [var.memory_mb]
}

run "refuses_a_name_of_65_characters" {
  command = plan

  variables {
    name = "a1234567890123456789012345678901234567890123456789012345678901234"
  }

  expect_failures = [var.name]
}

run "refuses_a_package_that_is_no_zip" {
  command = plan

  variables {
    package = "functions/read.tar.gz"
  }

  expect_failures = [var.package]
}

run "refuses_half_a_warm_environment" {
  command = plan

  variables {
    provisioned_concurrency = 0.5
  }

  expect_failures = [var.provisioned_concurrency]
}

run "refuses_more_warm_than_reserved" {
  command = plan

  variables {
    provisioned_concurrency = 6
    reserved_concurrency    = 5
  }

  expect_failures = [var.provisioned_concurrency]
}

run "refuses_a_negative_reservation" {
  command = plan

  variables {
    reserved_concurrency = -1
  }

  expect_failures = [var.reserved_concurrency]
}

run "refuses_a_role_that_is_a_user" {
  command = plan

  variables {
    role_arn = "arn:aws:iam::123456789012:user/read"
  }

  expect_failures = [var.role_arn]
}

run "refuses_a_runtime_that_aws_retired" {
  command = plan

  variables {
    runtime = "python3.8"
  }

  expect_failures = [var.runtime]
}

run "refuses_a_timeout_of_901_seconds" {
  command = plan

  variables {
    timeout_seconds = 901
  }

  expect_failures = [var.timeout_seconds]
}

run "refuses_a_single_subnet" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-0a"], security_group_ids = ["sg-0a"] }
  }

  expect_failures = [var.vpc]
}

run "refuses_a_security_group_by_its_name" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-0a", "subnet-0b"], security_group_ids = ["functions"] }
  }

  expect_failures = [var.vpc]
}
