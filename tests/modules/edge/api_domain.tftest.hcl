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
        domain_name           = "api.example.com"
        resource_record_name  = "_0123456789abcdef.api.example.com."
        resource_record_type  = "CNAME"
        resource_record_value = "_fedcba9876543210.acm-validations.aws."
      },
      {
        domain_name           = "api.use1.example.com"
        resource_record_name  = "_0123456789abcdef.api.use1.example.com."
        resource_record_type  = "CNAME"
        resource_record_value = "_fedcba9876543210.acm-validations.aws."
      },
    ]
  }
}

variables {
  zone_id = "Z0123456789ABCDEFGHIJ"

  names = {
    entry    = { host = "api.example.com", record = "front.use1.example.com" }
    regional = { host = "api.use1.example.com", record = "api.use1.example.com" }
  }
}

run "accepts_a_cname" {
  command = plan

  variables {
    names = { entry = { host = "api.example.com", record = "front.use1.example.com", record_type = "cname" } }
  }

  assert {
    condition     = aws_route53_record.cname["entry"].records == toset(["d-1234567890.execute-api.us-east-1.amazonaws.com"])
    error_message = "A cname must lead to the regional domain name."
  }

  assert {
    condition     = length(aws_route53_record.alias) == 0
    error_message = "A cname must not have an alias beside it."
  }
}

run "refuses_an_unknown_address_type" {
  command = plan

  variables {
    ip_address_type = "ipv6"
  }

  expect_failures = [var.ip_address_type]
}

run "refuses_no_names" {
  command = plan

  variables {
    names = {}
  }

  expect_failures = [var.names]
}

run "refuses_eleven_names" {
  command = plan

  variables {
    names = { for i in range(11) : "n${i}" => { host = "a${i}.example.com", record = "a${i}.example.com" } }
  }

  expect_failures = [var.names]
}

run "refuses_a_host_with_a_trailing_dot" {
  command = plan

  variables {
    names = {
      entry    = { host = "api.example.com.", record = "front.use1.example.com" }
      regional = { host = "api.use1.example.com", record = "api.use1.example.com" }
    }
  }

  expect_failures = [var.names]
}

run "refuses_the_same_host_twice" {
  command = plan

  variables {
    names = {
      entry    = { host = "api.use1.example.com", record = "front.use1.example.com" }
      regional = { host = "api.use1.example.com", record = "api.use1.example.com" }
    }
  }

  expect_failures = [var.names]
}

run "refuses_the_same_record_twice" {
  command = plan

  variables {
    names = {
      entry    = { host = "api.example.com", record = "api.use1.example.com" }
      regional = { host = "api.use1.example.com", record = "api.use1.example.com" }
    }
  }

  expect_failures = [var.names]
}

run "refuses_an_unknown_record_type" {
  command = plan

  variables {
    names = { entry = { host = "api.example.com", record = "api.example.com", record_type = "txt" } }
  }

  expect_failures = [var.names]
}

run "refuses_a_first_host_of_65_characters" {
  command = plan

  variables {
    names = { entry = { host = "a1234567890123456789012345678901234567890.b23456789012.example.com", record = "api.example.com" } }
  }

  expect_failures = [var.names]
}

run "refuses_an_owner_of_an_unknown_label" {
  command = plan

  variables {
    validation_record_owner = { other = true }
  }

  expect_failures = [var.validation_record_owner]
}

run "refuses_a_zone_name_as_zone_id" {
  command = plan

  variables {
    zone_id = "example.com"
  }

  expect_failures = [var.zone_id]
}
