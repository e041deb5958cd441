variables {
  role_arn      = "arn:aws:iam::123456789012:role/prod-files-replication-use1"
  source_bucket = "prod-files-123456789012-use1"

  destination = {
    bucket_arn        = "arn:aws:s3:::prod-files-123456789012-euw1"
    kms_key_alias_arn = "arn:aws:kms:eu-west-1:123456789012:alias/prod-data-euw1"
  }
}

run "refuses_a_destination_by_name" {
  command = plan

  variables {
    destination = { bucket_arn = "prod-files-123456789012-euw1", kms_key_alias_arn = "arn:aws:kms:eu-west-1:123456789012:alias/prod-data-euw1" }
  }

  expect_failures = [var.destination]
}

run "refuses_a_replica_key_by_alias_alone" {
  command = plan

  variables {
    destination = { bucket_arn = "arn:aws:s3:::prod-files-123456789012-euw1", kms_key_alias_arn = "alias/prod-data-euw1" }
  }

  expect_failures = [var.destination]
}

run "refuses_a_destination_of_no_account" {
  command = plan

  variables {
    destination = { bucket_arn = "arn:aws:s3:::prod-files-123456789012-euw1", kms_key_alias_arn = "arn:aws:kms:eu-west-1:123456789012:alias/prod-data-euw1", account_id = "12" }
  }

  expect_failures = [var.destination]
}

run "refuses_a_further_destination_by_name" {
  command = plan

  variables {
    further_destinations = { usw2 = { bucket_arn = "prod-files-123456789012-usw2", kms_key_alias_arn = "arn:aws:kms:us-west-2:123456789012:alias/prod-data-usw2" } }
  }

  expect_failures = [var.further_destinations]
}

run "refuses_a_further_replica_key_by_alias_alone" {
  command = plan

  variables {
    further_destinations = { usw2 = { bucket_arn = "arn:aws:s3:::prod-files-123456789012-usw2", kms_key_alias_arn = "alias/prod-data-usw2" } }
  }

  expect_failures = [var.further_destinations]
}

run "refuses_a_further_destination_of_no_account" {
  command = plan

  variables {
    further_destinations = { usw2 = { bucket_arn = "arn:aws:s3:::prod-files-123456789012-usw2", kms_key_alias_arn = "arn:aws:kms:us-west-2:123456789012:alias/prod-data-usw2", account_id = "12" } }
  }

  expect_failures = [var.further_destinations]
}

run "refuses_the_same_destination_twice" {
  command = plan

  variables {
    further_destinations = { usw2 = { bucket_arn = "arn:aws:s3:::prod-files-123456789012-euw1", kms_key_alias_arn = "arn:aws:kms:eu-west-1:123456789012:alias/prod-data-euw1" } }
  }

  expect_failures = [var.further_destinations]
}

run "refuses_a_prefix_that_starts_with_a_slash" {
  command = plan

  variables {
    prefix = "/public"
  }

  expect_failures = [var.prefix]
}

run "refuses_a_negative_priority" {
  command = plan

  variables {
    priority = -1
  }

  expect_failures = [var.priority]
}

run "refuses_a_role_that_is_a_user" {
  command = plan

  variables {
    role_arn = "arn:aws:iam::123456789012:user/replication"
  }

  expect_failures = [var.role_arn]
}

run "refuses_a_source_by_its_arn" {
  command = plan

  variables {
    source_bucket = "arn:aws:s3:::prod-files-123456789012-use1"
  }

  expect_failures = [var.source_bucket]
}

run "refuses_a_bucket_as_its_own_destination" {
  command = plan

  variables {
    source_bucket = "prod-files-123456789012-euw1"
  }

  expect_failures = [var.source_bucket]
}
