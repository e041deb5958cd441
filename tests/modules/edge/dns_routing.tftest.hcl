mock_provider "aws" {
  source = "./mocks"
}

variables {
  name = "api.example.com"
  targets = {
    us-east-1 = { host = "front.use1.example.com", role = "primary", health_check = { host = "api.use1.example.com", search = "\"health\":\"pass:prod/us-east-1\"" } }
    us-west-2 = { host = "front.usw2.example.com", role = "secondary" }
  }
  zone_id = "Z0123456789ABCDEFGHIJ"
}

run "accepts_failover" {
  command = plan

  assert {
    condition     = aws_route53_health_check.this["us-east-1"].type == "HTTPS_STR_MATCH"
    error_message = "A search must be matched."
  }

  assert {
    condition     = aws_route53_record.this["us-west-2"].failover_routing_policy[0].type == "SECONDARY"
    error_message = "Roles must become failover records."
  }

  assert {
    condition     = aws_route53_record.this["us-west-2"].health_check_id == null
    error_message = "A target without a health check counts as healthy."
  }

  assert {
    condition     = join(",", keys(output.health_check_ids)) == "us-east-1"
    error_message = "Each health check must be named by its region."
  }
}

run "accepts_latency" {
  command = plan

  variables {
    routing = "latency"

    targets = {
      us-east-1 = { host = "front.use1.example.com", role = "active", health_check = { host = "api.use1.example.com" } }
      us-west-2 = { host = "front.usw2.example.com", role = "active" }
    }
  }

  assert {
    condition     = aws_route53_record.this["us-east-1"].latency_routing_policy[0].region == "us-east-1"
    error_message = "Latency records must carry their region."
  }

  assert {
    condition     = aws_route53_health_check.this["us-east-1"].type == "HTTPS"
    error_message = "Without a search the status code decides."
  }
}

run "accepts_weights_from_0_to_255" {
  command = plan

  variables {
    routing = "weighted"

    targets = {
      us-east-1 = { host = "front.use1.example.com", role = "active", weight = 255, health_check = { host = "api.use1.example.com" } }
      us-west-2 = { host = "front.usw2.example.com", role = "active", weight = 0 }
    }
  }

  assert {
    condition     = aws_route53_record.this["us-west-2"].weighted_routing_policy[0].weight == 0
    error_message = "A weight of zero must be kept."
  }
}

run "accepts_the_next_nearest_region" {
  command = plan

  variables {
    routing = "latency"

    targets = {
      us-east-1 = { host = "front.use1.example.com", role = "active", location = "us-west-2", health_check_id = "12345678-1234-4234-8234-123456789012" }
      us-west-2 = { host = "front.usw2.example.com", role = "active", location = "us-east-1" }
    }
  }

  assert {
    condition     = { for region, record in aws_route53_record.this : region => record.latency_routing_policy[0].region } == { us-east-1 = "us-west-2", us-west-2 = "us-east-1" }
    error_message = "A latency record must carry its location."
  }

  assert {
    condition     = aws_route53_record.this["us-east-1"].health_check_id == "12345678-1234-4234-8234-123456789012" && length(aws_route53_health_check.this) == 0
    error_message = "A health check that is named must be used, and none made beside it."
  }
}

run "accepts_one_target" {
  command = plan

  variables {
    routing = "simple"
    targets = { us-west-2 = { host = "front.usw2.example.com", role = "active" } }
  }

  assert {
    condition     = aws_route53_record.this["us-west-2"].set_identifier == null && aws_route53_record.this["us-west-2"].health_check_id == null
    error_message = "A simple record must have neither identifier nor health check."
  }
}

run "accepts_three_checker_regions" {
  command = plan

  variables {
    health_check = { regions = ["eu-west-1", "us-east-1", "us-west-2"] }
  }
}

run "accepts_a_zone_that_is_not_known_yet" {
  command = plan

  variables {
    zone_id = null
  }

  assert {
    condition     = length(terraform_data.zone_id_unknown) == 1
    error_message = "A stand-in must take the place of the zone."
  }
}

run "refuses_a_path_without_a_slash" {
  command = plan

  variables {
    health_check = { path = "health" }
  }

  expect_failures = [var.health_check]
}

run "refuses_port_0" {
  command = plan

  variables {
    health_check = { port = 0 }
  }

  expect_failures = [var.health_check]
}

run "refuses_an_interval_of_20_seconds" {
  command = plan

  variables {
    health_check = { interval = 20 }
  }

  expect_failures = [var.health_check]
}

run "refuses_a_threshold_of_11" {
  command = plan

  variables {
    health_check = { threshold = 11 }
  }

  expect_failures = [var.health_check]
}

run "refuses_two_checker_regions" {
  command = plan

  variables {
    health_check = { regions = ["us-east-1", "us-west-2"] }
  }

  expect_failures = [var.health_check]
}

run "refuses_a_region_without_checkers" {
  command = plan

  variables {
    health_check = { regions = ["eu-west-1", "eu-north-1", "us-west-2"] }
  }

  expect_failures = [var.health_check]
}

run "refuses_a_name_with_a_trailing_dot" {
  command = plan

  variables {
    name = "api.example.com."
  }

  expect_failures = [var.name]
}

run "refuses_an_unknown_routing" {
  command = plan

  variables {
    routing = "geolocation"
  }

  expect_failures = [var.routing]
}

run "refuses_no_targets" {
  command = plan

  variables {
    routing = "latency"
    targets = {}
  }

  expect_failures = [var.targets]
}

run "refuses_a_target_that_is_no_region" {
  command = plan

  variables {
    routing = "latency"
    targets = { primary = { host = "front.use1.example.com", role = "active" } }
  }

  expect_failures = [var.targets]
}

run "refuses_an_unknown_role" {
  command = plan

  variables {
    routing = "latency"

    targets = {
      us-east-1 = { host = "front.use1.example.com", role = "leader", health_check = { host = "api.use1.example.com" } }
      us-west-2 = { host = "front.usw2.example.com", role = "active" }
    }
  }

  expect_failures = [var.targets]
}

run "refuses_two_primaries" {
  command = plan

  variables {
    targets = {
      us-east-1 = { host = "front.use1.example.com", role = "primary", health_check = { host = "api.use1.example.com" } }
      us-west-2 = { host = "front.usw2.example.com", role = "primary" }
    }
  }

  expect_failures = [var.targets]
}

run "refuses_a_weighted_target_without_weight" {
  command = plan

  variables {
    routing = "weighted"

    targets = {
      us-east-1 = { host = "front.use1.example.com", role = "active", weight = 1, health_check = { host = "api.use1.example.com" } }
      us-west-2 = { host = "front.usw2.example.com", role = "active" }
    }
  }

  expect_failures = [var.targets]
}

run "refuses_a_weight_under_failover" {
  command = plan

  variables {
    targets = {
      us-east-1 = { host = "front.use1.example.com", role = "primary", weight = 1, health_check = { host = "api.use1.example.com" } }
      us-west-2 = { host = "front.usw2.example.com", role = "secondary", weight = 1 }
    }
  }

  expect_failures = [var.targets]
}

run "refuses_a_weight_of_256" {
  command = plan

  variables {
    routing = "weighted"

    targets = {
      us-east-1 = { host = "front.use1.example.com", role = "active", weight = 256, health_check = { host = "api.use1.example.com" } }
      us-west-2 = { host = "front.usw2.example.com", role = "active", weight = 1 }
    }
  }

  expect_failures = [var.targets]
}

run "refuses_a_host_with_a_scheme" {
  command = plan

  variables {
    targets = {
      us-east-1 = { host = "https://front.use1.example.com", role = "primary", health_check = { host = "api.use1.example.com" } }
      us-west-2 = { host = "front.usw2.example.com", role = "secondary" }
    }
  }

  expect_failures = [var.targets]
}

run "refuses_an_empty_search" {
  command = plan

  variables {
    targets = {
      us-east-1 = { host = "front.use1.example.com", role = "primary", health_check = { host = "api.use1.example.com", search = "" } }
      us-west-2 = { host = "front.usw2.example.com", role = "secondary" }
    }
  }

  expect_failures = [var.targets]
}

run "refuses_a_health_check_beside_one_that_is_named" {
  command = plan

  variables {
    routing = "latency"
    targets = {
      us-east-1 = { host = "front.use1.example.com", role = "active", health_check_id = "12345678-1234-4234-8234-123456789012", health_check = { host = "api.use1.example.com" } }
      us-west-2 = { host = "front.usw2.example.com", role = "active" }
    }
  }

  expect_failures = [var.targets]
}

run "refuses_a_health_check_by_its_arn" {
  command = plan

  variables {
    routing = "latency"
    targets = {
      us-east-1 = { host = "front.use1.example.com", role = "active", health_check_id = "arn:aws:route53:::healthcheck/12345678-1234-4234-8234-123456789012" }
      us-west-2 = { host = "front.usw2.example.com", role = "active" }
    }
  }

  expect_failures = [var.targets]
}

run "refuses_a_location_under_weights" {
  command = plan

  variables {
    routing = "weighted"
    targets = { us-east-1 = { host = "front.use1.example.com", role = "active", weight = 1, location = "us-west-2" } }
  }

  expect_failures = [var.targets]
}

run "refuses_a_location_that_is_no_region" {
  command = plan

  variables {
    routing = "latency"
    targets = {
      us-east-1 = { host = "front.use1.example.com", role = "active", location = "home" }
      us-west-2 = { host = "front.usw2.example.com", role = "active" }
    }
  }

  expect_failures = [var.targets]
}

run "refuses_two_targets_of_one_location" {
  command = plan

  variables {
    routing = "latency"
    targets = {
      us-east-1 = { host = "front.use1.example.com", role = "active", location = "us-west-2" }
      us-west-2 = { host = "front.usw2.example.com", role = "active" }
    }
  }

  expect_failures = [var.targets]
}

run "refuses_two_targets_of_a_simple_record" {
  command = plan

  variables {
    routing = "simple"
    targets = {
      us-east-1 = { host = "front.use1.example.com", role = "active" }
      us-west-2 = { host = "front.usw2.example.com", role = "active" }
    }
  }

  expect_failures = [var.targets]
}

run "refuses_a_simple_record_with_a_health_check" {
  command = plan

  variables {
    routing = "simple"
    targets = { us-east-1 = { host = "front.use1.example.com", role = "active", health_check_id = "12345678-1234-4234-8234-123456789012" } }
  }

  expect_failures = [var.targets]
}

run "refuses_a_ttl_of_a_day_and_a_second" {
  command = plan

  variables {
    ttl = 86401
  }

  expect_failures = [var.ttl]
}

run "refuses_a_zone_name_as_zone_id" {
  command = plan

  variables {
    zone_id = "example.com"
  }

  expect_failures = [var.zone_id]
}
