variables {
  account_id    = "123456789012"
  destination   = { bucket = "prod-files-123456789012-euw1", key_alias = "prod-data-euw1", region = "eu-west-1" }
  name          = "prod-files-replication-use1"
  source_bucket = { bucket = "prod-files-123456789012-use1", key_alias = "prod-data-use1", region = "us-east-1" }
}

run "refuses_an_account_id_with_hyphens" {
  command = plan

  variables {
    account_id = "1234-5678-9012"
  }

  expect_failures = [var.account_id]
}

run "refuses_as_destination_a_bucket_by_its_arn" {
  command = plan

  variables {
    destination = { bucket = "arn:aws:s3:::prod-files", key_alias = "prod-data-euw1", region = "eu-west-1" }
  }

  expect_failures = [var.destination]
}

run "refuses_as_destination_a_key_alias_with_its_prefix" {
  command = plan

  variables {
    destination = { bucket = "prod-files-123456789012-euw1", key_alias = "alias/prod-data", region = "eu-west-1" }
  }

  expect_failures = [var.destination]
}

run "refuses_as_destination_an_availability_zone" {
  command = plan

  variables {
    destination = { bucket = "prod-files-123456789012-euw1", key_alias = "prod-data-euw1", region = "eu-west-1a" }
  }

  expect_failures = [var.destination]
}

run "refuses_as_destination_no_account" {
  command = plan

  variables {
    destination = { bucket = "prod-files-123456789012-euw1", key_alias = "prod-data-euw1", region = "eu-west-1", account_id = "12" }
  }

  expect_failures = [var.destination]
}

run "refuses_as_further_destination_a_bucket_by_its_arn" {
  command = plan

  variables {
    further_destinations = { other = { bucket = "arn:aws:s3:::prod-files", key_alias = "prod-data-euw1", region = "eu-west-1" } }
  }

  expect_failures = [var.further_destinations]
}

run "refuses_as_further_destination_a_key_alias_with_its_prefix" {
  command = plan

  variables {
    further_destinations = { other = { bucket = "prod-files-123456789012-usw2", key_alias = "alias/prod-data", region = "eu-west-1" } }
  }

  expect_failures = [var.further_destinations]
}

run "refuses_as_further_destination_an_availability_zone" {
  command = plan

  variables {
    further_destinations = { other = { bucket = "prod-files-123456789012-usw2", key_alias = "prod-data-euw1", region = "eu-west-1a" } }
  }

  expect_failures = [var.further_destinations]
}

run "refuses_as_further_destination_no_account" {
  command = plan

  variables {
    further_destinations = { other = { bucket = "prod-files-123456789012-usw2", key_alias = "prod-data-euw1", region = "eu-west-1", account_id = "12" } }
  }

  expect_failures = [var.further_destinations]
}

run "refuses_the_same_destination_twice" {
  command = plan

  variables {
    further_destinations = { again = { bucket = "prod-files-123456789012-euw1", key_alias = "prod-data-euw1", region = "eu-west-1" } }
  }

  expect_failures = [var.further_destinations]
}

run "refuses_a_role_name_with_a_slash" {
  command = plan

  variables {
    name = "prod/replication"
  }

  expect_failures = [var.name]
}

run "refuses_a_boundary_that_is_no_policy" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:role/boundary"
  }

  expect_failures = [var.permissions_boundary]
}

run "refuses_as_source_a_bucket_by_its_arn" {
  command = plan

  variables {
    source_bucket = { bucket = "arn:aws:s3:::prod-files", key_alias = "prod-data-euw1", region = "eu-west-1" }
  }

  expect_failures = [var.source_bucket]
}

run "refuses_as_source_a_key_alias_with_its_prefix" {
  command = plan

  variables {
    source_bucket = { bucket = "prod-files-123456789012-use1", key_alias = "alias/prod-data", region = "eu-west-1" }
  }

  expect_failures = [var.source_bucket]
}

run "refuses_as_source_an_availability_zone" {
  command = plan

  variables {
    source_bucket = { bucket = "prod-files-123456789012-use1", key_alias = "prod-data-euw1", region = "eu-west-1a" }
  }

  expect_failures = [var.source_bucket]
}

run "refuses_a_bucket_as_its_own_destination" {
  command = plan

  variables {
    source_bucket = { bucket = "prod-files-123456789012-euw1", key_alias = "prod-data-euw1", region = "eu-west-1" }
  }

  expect_failures = [var.source_bucket]
}
