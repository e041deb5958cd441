mock_provider "aws" {
  source = "./mocks"
}

variables {
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name        = "prod-use1"
  scope       = "REGIONAL"
}

run "refuses_scope_cloudfront_outside_us_east_1" {
  command = plan

  variables {
    scope = "CLOUDFRONT"
  }

  override_data {
    target          = data.aws_region.current
    override_during = plan

    values = { name = "eu-west-1" }
  }

  expect_failures = [aws_wafv2_web_acl.this]
}

run "refuses_every_address_as_allowed" {
  command = plan

  variables {
    allowed_addresses = ["0.0.0.0/0"]
  }

  expect_failures = [var.allowed_addresses]
}

run "refuses_a_header_with_a_space" {
  command = plan

  variables {
    client_address_header = "X Forwarded For"
  }

  expect_failures = [var.client_address_header]
}

run "refuses_a_denied_address_without_a_mask" {
  command = plan

  variables {
    denied_addresses = ["192.0.2.1"]
  }

  expect_failures = [var.denied_addresses]
}

run "refuses_a_range_both_allowed_and_denied" {
  command = plan

  variables {
    allowed_addresses = ["192.0.2.0/24"]
    denied_addresses  = ["192.0.2.0/24"]
  }

  expect_failures = [var.denied_addresses]
}

run "refuses_the_alias_of_a_key" {
  command = plan

  variables {
    kms_key_arn = "alias/prod-use1"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_log_of_blocked_requests_alone" {
  command = plan

  variables {
    log_requests = "blocked"
  }

  expect_failures = [var.log_requests]
}

run "refuses_a_retention_of_31_days" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "refuses_a_rule_group_of_another_vendor" {
  command = plan

  variables {
    managed_rule_groups = { F5Rules = { priority = 10 } }
  }

  expect_failures = [var.managed_rule_groups]
}

run "refuses_a_priority_before_the_lists" {
  command = plan

  variables {
    managed_rule_groups = { AWSManagedRulesSQLiRuleSet = { priority = 9 } }
  }

  expect_failures = [var.managed_rule_groups]
}

run "refuses_two_groups_of_one_priority" {
  command = plan

  variables {
    managed_rule_groups = { AWSManagedRulesSQLiRuleSet = { priority = 10 }, AWSManagedRulesCommonRuleSet = { priority = 10 } }
  }

  expect_failures = [var.managed_rule_groups]
}

run "refuses_an_unknown_mode" {
  command = plan

  variables {
    managed_rule_groups = { AWSManagedRulesSQLiRuleSet = { priority = 10, mode = "allow" } }
  }

  expect_failures = [var.managed_rule_groups]
}

run "refuses_a_name_with_a_slash" {
  command = plan

  variables {
    name = "prod/use1"
  }

  expect_failures = [var.name]
}

run "refuses_a_rate_limit_of_9" {
  command = plan

  variables {
    rate_limit = 9
  }

  expect_failures = [var.rate_limit]
}

run "refuses_a_distribution_as_resource" {
  command = plan

  variables {
    resources = { cdn = "arn:aws:cloudfront::123456789012:distribution/E1A2B3C4D5E6F7" }
  }

  expect_failures = [var.resources]
}

run "refuses_resources_of_a_web_acl_for_a_cdn" {
  command = plan

  variables {
    scope     = "CLOUDFRONT"
    resources = { api = "arn:aws:apigateway:us-east-1::/restapis/a1b2c3d4e5/stages/live" }
  }

  expect_failures = [var.resources]
}

run "refuses_an_unknown_scope" {
  command = plan

  variables {
    scope = "GLOBAL"
  }

  expect_failures = [var.scope]
}
