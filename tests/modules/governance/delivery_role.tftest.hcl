mock_provider "aws" {
  source = "./mocks"
}

variables {
  account_id    = "123456789012"
  domain        = "example.com"
  environment   = "prod"
  repository    = "octo-org/shop"
  services      = ["dynamodb", "lambda"]
  state_buckets = { use1 = { name = "prod-tfstate-123456789012-use1", kms_alias = "prod-state-use1" } }
}

run "accepts_the_smallest_call" {
  command = plan

  assert {
    condition     = output.role_boundary_arn == "arn:aws:iam::123456789012:policy/prod-delivery-boundary"
    error_message = "The boundary must be the module's own."
  }
}

run "accepts_every_option" {
  command = plan

  variables {
    apply_session_seconds = 3600
    branch                = "release/1.x"
    create_oidc_provider  = false
    permissions_boundary  = "arn:aws:iam::123456789012:policy/platform"
    repository            = "octo-org@1234/shop@5678"
    role_boundary         = "arn:aws:iam::123456789012:policy/workloads"
    tags                  = { team = "platform" }
  }

  assert {
    condition     = output.role_boundary_arn == "arn:aws:iam::123456789012:policy/workloads"
    error_message = "The boundary must be the given one."
  }
}

run "refuses_an_account_id_with_hyphens" {
  command = plan

  variables {
    account_id = "1234-5678-9012"
  }

  expect_failures = [var.account_id]
}

run "refuses_a_session_shorter_than_an_hour" {
  command = plan

  variables {
    apply_session_seconds = 900
  }

  expect_failures = [var.apply_session_seconds]
}

run "refuses_a_branch_with_a_wildcard" {
  command = plan

  variables {
    branch = "release/*"
  }

  expect_failures = [var.branch]
}

run "refuses_a_domain_with_a_final_dot" {
  command = plan

  variables {
    domain = "example.com."
  }

  expect_failures = [var.domain]
}

run "refuses_an_environment_with_a_slash" {
  command = plan

  variables {
    environment = "reference/prod"
  }

  expect_failures = [var.environment]
}

run "refuses_a_boundary_that_is_no_policy" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:role/boundary"
  }

  expect_failures = [var.permissions_boundary]
}

run "refuses_every_repository_of_an_owner" {
  command = plan

  variables {
    repository = "octo-org/*"
  }

  expect_failures = [var.repository]
}

run "refuses_the_id_of_the_owner_alone" {
  command = plan

  variables {
    repository = "octo-org@1234/shop"
  }

  expect_failures = [var.repository]
}

run "refuses_a_role_boundary_that_is_no_policy" {
  command = plan

  variables {
    role_boundary = "arn:aws:iam::123456789012:role/boundary"
  }

  expect_failures = [var.role_boundary]
}

run "refuses_no_service" {
  command = plan

  variables {
    services = []
  }

  expect_failures = [var.services]
}

run "refuses_a_service_that_it_does_not_know" {
  command = plan

  variables {
    services = ["sagemaker"]
  }

  expect_failures = [var.services]
}

run "refuses_no_state_bucket" {
  command = plan

  variables {
    state_buckets = {}
  }

  expect_failures = [var.state_buckets]
}

run "refuses_a_state_bucket_by_its_arn" {
  command = plan

  variables {
    state_buckets = { use1 = { name = "arn:aws:s3:::prod-tfstate", kms_alias = "prod-state-use1" } }
  }

  expect_failures = [var.state_buckets]
}

run "refuses_a_state_key_alias_with_its_prefix" {
  command = plan

  variables {
    state_buckets = { use1 = { name = "prod-tfstate", kms_alias = "alias/prod-state-use1" } }
  }

  expect_failures = [var.state_buckets]
}
