mock_provider "aws" {
  source = "./mocks"
}

variables {
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  table_arn   = "arn:aws:dynamodb:us-west-2:123456789012:table/prod-items"
}

run "refuses_the_alias_of_a_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/prod-use1"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_the_name_of_a_table" {
  command = plan

  variables {
    table_arn = "prod-items"
  }

  expect_failures = [var.table_arn]
}
