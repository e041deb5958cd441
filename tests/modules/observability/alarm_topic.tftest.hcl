variables {
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name        = "prod-use1"
}

run "refuses_an_alias_as_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/prod-use1"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_name_with_a_dot" {
  command = plan

  variables {
    name = "prod.use1"
  }

  expect_failures = [var.name]
}

run "refuses_an_address_without_a_domain" {
  command = plan

  variables {
    notify = ["oncall"]
  }

  expect_failures = [var.notify]
}
