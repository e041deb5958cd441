variables {
  account_id    = "123456789012"
  function_name = "prod-read-use1"
  kms_alias     = "prod-use1"
  name          = "prod-read-use1"
  region        = "us-east-1"
}

run "refuses_an_account_id_with_hyphens" {
  command = plan

  variables {
    account_id = "1234-5678-9012"
  }

  expect_failures = [var.account_id]
}

run "refuses_full_access_to_a_bucket" {
  command = plan

  variables {
    bucket_access = { files = { bucket_name = "prod-files", access = "full", key_alias = "prod-data-use1" } }
  }

  expect_failures = [var.bucket_access]
}

run "refuses_a_bucket_name_with_a_wildcard" {
  command = plan

  variables {
    bucket_access = { files = { bucket_name = "prod-*", access = "read", key_alias = "prod-data-use1" } }
  }

  expect_failures = [var.bucket_access]
}

run "refuses_a_bucket_key_alias_with_its_prefix" {
  command = plan

  variables {
    bucket_access = { files = { bucket_name = "prod-files", access = "read", key_alias = "alias/prod-data-use1" } }
  }

  expect_failures = [var.bucket_access]
}

run "refuses_two_entries_for_one_bucket" {
  command = plan

  variables {
    bucket_access = {
      files = { bucket_name = "prod-files", access = "read", key_alias = "prod-data-use1" }
      again = { bucket_name = "prod-files", access = "write", key_alias = "prod-data-use1" }
    }
  }

  expect_failures = [var.bucket_access]
}

run "refuses_a_control_table_by_its_arn" {
  command = plan

  variables {
    control_table = { name = "arn:aws:dynamodb:us-east-1:123456789012:table/prod-control", key_alias = "prod-use1" }
  }

  expect_failures = [var.control_table]
}

run "refuses_a_control_table_key_alias_with_its_prefix" {
  command = plan

  variables {
    control_table = { name = "prod-control", key_alias = "alias/prod-use1" }
  }

  expect_failures = [var.control_table]
}

run "refuses_a_fifo_queue" {
  command = plan

  variables {
    dead_letter_queue_name = "prod-read-use1.fifo"
  }

  expect_failures = [var.dead_letter_queue_name]
}

run "refuses_a_function_name_of_65_characters" {
  command = plan

  variables {
    function_name = "a1234567890123456789012345678901234567890123456789012345678901234"
  }

  expect_failures = [var.function_name]
}

run "refuses_a_kms_alias_with_its_prefix" {
  command = plan

  variables {
    kms_alias = "alias/prod-use1"
  }

  expect_failures = [var.kms_alias]
}

run "refuses_a_role_name_with_a_slash" {
  command = plan

  variables {
    name = "prod/read"
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

run "refuses_an_availability_zone_as_region" {
  command = plan

  variables {
    region = "us-east-1a"
  }

  expect_failures = [var.region]
}

run "refuses_to_delete_a_secret" {
  command = plan

  variables {
    secrets = { app = { name = "prod/orders/app", key_alias = "prod-data-use1", access = "delete" } }
  }

  expect_failures = [var.secrets]
}

run "refuses_a_secret_name_with_a_wildcard" {
  command = plan

  variables {
    secrets = { app = { name = "prod/*", key_alias = "prod-data-use1" } }
  }

  expect_failures = [var.secrets]
}

run "refuses_a_secret_key_alias_with_its_prefix" {
  command = plan

  variables {
    secrets = { app = { name = "prod/orders/app", key_alias = "alias/prod-data-use1" } }
  }

  expect_failures = [var.secrets]
}

run "refuses_two_entries_for_one_secret" {
  command = plan

  variables {
    secrets = {
      app   = { name = "prod/orders/app", key_alias = "prod-data-use1" }
      again = { name = "prod/orders/app", key_alias = "prod-data-use1" }
    }
  }

  expect_failures = [var.secrets]
}

run "refuses_full_access" {
  command = plan

  variables {
    table_access = {
      items = { table_name = "prod-items", access = "full", key_alias = "prod-data-use1" }
    }
  }

  expect_failures = [var.table_access]
}

run "refuses_a_table_name_with_a_wildcard" {
  command = plan

  variables {
    table_access = {
      items = { table_name = "prod-*", access = "read", key_alias = "prod-data-use1" }
    }
  }

  expect_failures = [var.table_access]
}

run "refuses_a_table_key_alias_with_its_prefix" {
  command = plan

  variables {
    table_access = {
      items = { table_name = "prod-items", access = "read", key_alias = "alias/prod-data-use1" }
    }
  }

  expect_failures = [var.table_access]
}

run "refuses_two_entries_for_one_table" {
  command = plan

  variables {
    table_access = {
      items = { table_name = "prod-items", access = "read", key_alias = "prod-data-use1" }
      again = { table_name = "prod-items", access = "write", key_alias = "prod-data-use1" }
    }
  }

  expect_failures = [var.table_access]
}
