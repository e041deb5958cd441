mock_provider "aws" {
  source = "./mocks"
}

variables {
  name = "example.com"
}

run "accepts_a_new_zone" {
  command = plan

  assert {
    condition     = output.name == "example.com"
    error_message = "The zone must have the domain as its name."
  }

  assert {
    condition     = length(output.name_servers) == 4
    error_message = "A new zone must say where to delegate to."
  }

  assert {
    condition     = !aws_route53_zone.this[0].force_destroy
    error_message = "A zone with records must not be destroyed by default."
  }
}

run "refuses_a_comment_of_257_characters" {
  command = plan

  variables {
    comment = join("", [for i in range(257) : "x"])
  }

  expect_failures = [var.comment]
}

run "refuses_a_name_with_a_trailing_dot" {
  command = plan

  variables {
    name = "example.com."
  }

  expect_failures = [var.name]
}

run "refuses_a_name_in_capitals" {
  command = plan

  variables {
    name = "Example.com"
  }

  expect_failures = [var.name]
}

run "refuses_an_arn_as_zone_id" {
  command = plan

  variables {
    create  = false
    zone_id = "arn:aws:route53:::hostedzone/Z0EXISTING"
  }

  expect_failures = [var.zone_id]
}

run "refuses_an_existing_zone_without_its_id" {
  command = plan

  variables {
    create = false
  }

  expect_failures = [var.zone_id]
}

run "refuses_a_new_zone_with_an_id" {
  command = plan

  variables {
    zone_id = "Z0EXISTING"
  }

  expect_failures = [var.zone_id]
}
