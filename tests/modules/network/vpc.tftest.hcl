variables {
  availability_zones = ["us-east-1a", "us-east-1b"]
  cidr               = "10.0.0.0/16"
  name               = "prod-network-use1"
  region             = "us-east-1"
}

run "refuses_a_single_zone" {
  command = plan

  variables {
    availability_zones = ["us-east-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "refuses_a_zone_twice" {
  command = plan

  variables {
    availability_zones = ["us-east-1a", "us-east-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "refuses_a_zone_of_another_region" {
  command = plan

  variables {
    availability_zones = ["us-east-1a", "eu-west-1a"]
  }

  expect_failures = [var.availability_zones]
}

run "refuses_a_range_that_is_too_wide" {
  command = plan

  variables {
    cidr = "10.0.0.0/8"
  }

  expect_failures = [var.cidr]
}

run "refuses_a_public_range" {
  command = plan

  variables {
    cidr = "8.8.0.0/16"
  }

  expect_failures = [var.cidr]
}

run "refuses_a_flow_log_role_by_name" {
  command = plan

  variables {
    flow_logs   = { role_arn = "flow" }
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  }

  expect_failures = [var.flow_logs]
}

run "refuses_half_of_the_traffic" {
  command = plan

  variables {
    flow_logs   = { role_arn = "arn:aws:iam::123456789012:role/flow", traffic = "SOME" }
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  }

  expect_failures = [var.flow_logs]
}

run "refuses_flow_logs_every_five_minutes" {
  command = plan

  variables {
    flow_logs   = { role_arn = "arn:aws:iam::123456789012:role/flow", aggregation_seconds = 300 }
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  }

  expect_failures = [var.flow_logs]
}

run "refuses_flow_logs_without_a_key" {
  command = plan

  variables {
    flow_logs = { role_arn = "arn:aws:iam::123456789012:role/flow" }
  }

  expect_failures = [var.flow_logs]
}

run "refuses_a_full_service_name" {
  command = plan

  variables {
    interface_endpoints = ["com.amazonaws.us-east-1.Secrets"]
  }

  expect_failures = [var.interface_endpoints]
}

run "refuses_an_interface_endpoint_for_a_gateway_service" {
  command = plan

  variables {
    interface_endpoints = ["s3"]
  }

  expect_failures = [var.interface_endpoints]
}

run "refuses_a_key_alias" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/prod-use1"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_retention_unknown_to_cloudwatch" {
  command = plan

  variables {
    log_retention_days = 31
  }

  expect_failures = [var.log_retention_days]
}

run "refuses_a_name_with_a_space" {
  command = plan

  variables {
    name = "prod network"
  }

  expect_failures = [var.name]
}

run "refuses_a_zone_as_region" {
  command = plan

  variables {
    region = "us-east-1a"
  }

  expect_failures = [var.region]
}

run "refuses_no_bits" {
  command = plan

  variables {
    availability_zones = ["us-east-1a", "us-east-1b"]
    subnet_newbits     = 1.5
  }

  expect_failures = [var.subnet_newbits]
}

run "refuses_subnets_smaller_than_28" {
  command = plan

  variables {
    subnet_newbits = 13
  }

  expect_failures = [var.subnet_newbits]
}

run "refuses_fewer_subnets_than_zones" {
  command = plan

  variables {
    availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
    subnet_newbits     = 1
  }

  expect_failures = [var.subnet_newbits]
}

run "refuses_a_network_without_isolated_subnets" {
  command = plan

  variables {
    tiers = { private = { first = 0 } }
  }

  expect_failures = [var.tiers]
}

run "refuses_tiers_with_subnets_smaller_than_28" {
  command = plan

  variables {
    tiers = { isolated = { first = 0, newbits = 13 } }
  }

  expect_failures = [var.tiers]
}

run "refuses_a_tier_without_room_for_every_zone" {
  command = plan

  variables {
    tiers = { isolated = { first = 15 } }
  }

  expect_failures = [var.tiers]
}

run "refuses_tiers_that_overlap" {
  command = plan

  variables {
    tiers = { isolated = { first = 4 }, private = { first = 0, newbits = 2 } }
  }

  expect_failures = [var.tiers]
}
