mock_provider "aws" {
  source = "./mocks"
}

variables {
  name = "prod-use1"
  regions = [
    { region = "us-east-1", role = "primary", api_name = "prod-use1", functions = ["prod-read-use1"], tables = ["prod-items"] },
    { region = "us-west-2", role = "standby", api_name = "prod-usw2", tables = ["prod-items"] },
  ]
}

run "accepts_two_regions" {
  command = plan

  assert {
    condition     = length([for widget in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets : widget if widget.x == 12]) == 6
    error_message = "The second region must stand beside the first, without graphs of functions it has not."
  }
}

run "accepts_health_checks" {
  command = plan

  variables {
    health_checks = { us-east-1 = "abcdef11-2222-3333-4444-555555fedcba" }
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.region == "us-east-1"
    error_message = "Health check metrics are in us-east-1."
  }
}

run "accepts_observers_outside_the_regions" {
  command = plan

  variables {
    reachability = { environment = "prod", observers = { us-east-2 = ["us-east-1", "us-west-2"] } }
  }

  assert {
    condition     = jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.region == "us-east-2"
    error_message = "What an observer sees must be read in its own region."
  }
}

run "refuses_an_observed_zone" {
  command = plan

  variables {
    reachability = { environment = "prod", observers = { us-east-2 = ["us-east-1a"] } }
  }

  expect_failures = [var.reachability]
}

run "refuses_an_observer_of_nothing" {
  command = plan

  variables {
    reachability = { environment = "prod", observers = { us-east-2 = [] } }
  }

  expect_failures = [var.reachability]
}

run "refuses_an_arn_as_health_check" {
  command = plan

  variables {
    health_checks = { us-east-1 = "arn:aws:route53:::healthcheck/abc" }
  }

  expect_failures = [var.health_checks]
}

run "refuses_a_name_with_a_space" {
  command = plan

  variables {
    name = "prod use1"
  }

  expect_failures = [var.name]
}

run "refuses_a_period_of_10_seconds" {
  command = plan

  variables {
    period_seconds = 10
  }

  expect_failures = [var.period_seconds]
}

run "refuses_no_regions" {
  command = plan

  variables {
    regions = []
  }

  expect_failures = [var.regions]
}

run "refuses_a_zone" {
  command = plan

  variables {
    regions = [
      { region = "us-east-1", role = "primary", api_name = "prod-use1", functions = ["prod-read-use1"], tables = ["prod-items"] },
      { region = "us-west-2a", role = "standby", api_name = "prod-usw2", tables = ["prod-items"] },
    ]
  }

  expect_failures = [var.regions]
}

run "refuses_the_same_region_twice" {
  command = plan

  variables {
    regions = [
      { region = "us-east-1", role = "primary", api_name = "prod-use1", functions = ["prod-read-use1"], tables = ["prod-items"] },
      { region = "us-east-1", role = "standby", api_name = "prod-usw2", tables = ["prod-items"] },
    ]
  }

  expect_failures = [var.regions]
}
