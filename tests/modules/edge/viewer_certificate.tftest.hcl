mock_provider "aws" {
  source = "./mocks"
}

override_resource {
  target          = aws_acm_certificate.this
  override_during = plan

  values = {
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-4234-8234-123456789012"
    domain_validation_options = [
      {
        domain_name           = "app.example.com"
        resource_record_name  = "_0123456789abcdef.app.example.com."
        resource_record_type  = "CNAME"
        resource_record_value = "_fedcba9876543210.acm-validations.aws."
      },
      {
        domain_name           = "www.example.com"
        resource_record_name  = "_0123456789abcdef.www.example.com."
        resource_record_type  = "CNAME"
        resource_record_value = "_fedcba9876543210.acm-validations.aws."
      },
    ]
  }
}

variables {
  names   = ["www.example.com", "app.example.com"]
  zone_id = "Z0123456789ABCDEFGHIJ"
}

run "accepts_two_names" {
  command = plan

  assert {
    condition     = aws_acm_certificate.this.domain_name == "www.example.com" && aws_acm_certificate.this.subject_alternative_names == toset(["app.example.com"])
    error_message = "The first name must be the subject and the others alternative names."
  }

  assert {
    condition     = { for name, record in aws_route53_record.validation : name => record.name } == { "app.example.com" = "_0123456789abcdef.app.example.com.", "www.example.com" = "_0123456789abcdef.www.example.com." }
    error_message = "Each name must have its own validation record."
  }
}

run "refuses_a_provider_of_another_region" {
  command = plan

  override_data {
    target          = data.aws_region.current
    override_during = plan

    values = { name = "eu-west-1" }
  }

  expect_failures = [aws_acm_certificate.this]
}

run "refuses_no_names" {
  command = plan

  variables {
    names = []
  }

  expect_failures = [var.names]
}

run "refuses_a_wildcard" {
  command = plan

  variables {
    names = ["*.example.com"]
  }

  expect_failures = [var.names]
}

run "refuses_the_same_name_twice" {
  command = plan

  variables {
    names = ["app.example.com", "app.example.com"]
  }

  expect_failures = [var.names]
}

run "refuses_a_first_name_of_65_characters" {
  command = plan

  variables {
    names = ["a1234567890123456789012345678901234567890.b23456789012.example.com"]
  }

  expect_failures = [var.names]
}

run "refuses_a_zone_name_as_zone_id" {
  command = plan

  variables {
    zone_id = "example.com"
  }

  expect_failures = [var.zone_id]
}
