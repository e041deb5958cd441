variables {
  name = "api.example.com"
  targets = {
    us-east-1 = { host = "front.use1.example.com", role = "primary", health_check = { host = "api.use1.example.com", search = "\"health\":\"pass:prod/us-east-1\"" } }
    us-west-2 = { host = "front.usw2.example.com", role = "secondary" }
  }
  zone_id = "Z0123456789ABCDEFGHIJ"
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
