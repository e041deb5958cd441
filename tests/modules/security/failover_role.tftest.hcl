# A mocked document has no length: the real provider writes the policy, with nothing but dummy keys.
provider "aws" {
  region     = "us-east-1"
  access_key = "dummy"
  secret_key = "dummy"

  max_retries                 = 1
  skip_credentials_validation = true
  skip_metadata_api_check     = "true"
  skip_requesting_account_id  = true
}

variables {
  account_id    = "123456789012"
  control_table = "prod-control"
  function_name = "prod-failover-use1"
  kms_alias     = "prod-use1"
  name          = "prod-failover-use1"
  region        = "us-east-1"
  voters        = { us-east-1 = "prod-use1", us-east-2 = "prod-use2", eu-west-1 = "prod-euw1" }
}

run "refuses_more_databases_than_a_policy_of_iam_has_room_for" {
  command = plan

  variables {
    databases = { for n in range(60) : "database-${n}" => {
      global_cluster = "prod-database-${n}"
      clusters       = { us-east-1 = "prod-database-${n}-use1", eu-west-1 = "prod-database-${n}-euw1" }
      secrets        = ["prod/database-${n}/admin"]
      admin_secret   = "prod/database-${n}/admin"
    } }

    secret_key_aliases = { us-east-1 = "prod-data-use1", eu-west-1 = "prod-data-euw1" }
  }

  expect_failures = [aws_iam_role_policy.this]
}

run "refuses_an_account_id_of_eleven_digits" {
  command = plan

  variables {
    account_id = "12345678901"
  }

  expect_failures = [var.account_id]
}

run "refuses_a_table_name_with_a_wildcard" {
  command = plan

  variables {
    control_table = "prod-*"
  }

  expect_failures = [var.control_table]
}

run "refuses_a_cluster_with_a_wildcard" {
  command = plan

  variables {
    databases = { orders = { global_cluster = "prod-*", clusters = {}, secrets = ["prod/orders/admin"], admin_secret = "prod/orders/admin" } }
  }

  expect_failures = [var.databases]
}

run "refuses_a_cluster_in_a_zone" {
  command = plan

  variables {
    databases          = { orders = { global_cluster = "prod-orders", clusters = { us-east-1a = "prod-orders-use1" }, secrets = ["prod/orders/admin"], admin_secret = "prod/orders/admin" } }
    secret_key_aliases = { us-east-1 = "prod-data-use1" }
  }

  expect_failures = [var.databases]
}

run "refuses_a_secret_with_a_wildcard" {
  command = plan

  variables {
    databases = { orders = { global_cluster = "prod-orders", clusters = {}, secrets = ["prod/*"], admin_secret = "prod/*" } }
  }

  expect_failures = [var.databases]
}

run "refuses_an_administrator_s_secret_that_is_none_of_the_database_s" {
  command = plan

  variables {
    databases = { orders = { global_cluster = "prod-orders", clusters = {}, secrets = ["prod/orders/app"], admin_secret = "prod/orders/admin" } }
  }

  expect_failures = [var.databases]
}

run "refuses_a_function_by_arn" {
  command = plan

  variables {
    function_name = "arn:aws:lambda:us-east-1:123456789012:function:prod-failover-use1"
  }

  expect_failures = [var.function_name]
}

run "refuses_a_key_alias_with_its_prefix" {
  command = plan

  variables {
    kms_alias = "alias/prod-use1"
  }

  expect_failures = [var.kms_alias]
}

run "refuses_a_namespace_of_aws" {
  command = plan

  variables {
    metric_namespace = "AWS/Failover"
  }

  expect_failures = [var.metric_namespace]
}

run "refuses_a_name_with_a_space" {
  command = plan

  variables {
    name = "prod failover"
  }

  expect_failures = [var.name]
}

run "refuses_a_boundary_by_name" {
  command = plan

  variables {
    permissions_boundary = "boundary"
  }

  expect_failures = [var.permissions_boundary]
}

run "refuses_a_zone_as_region" {
  command = plan

  variables {
    region = "us-east-1a"
    voters = { us-east-1a = "prod-use1", us-east-2 = "prod-use2", eu-west-1 = "prod-euw1" }
  }

  expect_failures = [var.region]
}

run "refuses_a_secret_key_alias_with_its_prefix" {
  command = plan

  variables {
    secret_key_aliases = { us-east-1 = "alias/prod-data-use1" }
  }

  expect_failures = [var.secret_key_aliases]
}

run "refuses_a_member_s_region_without_a_key" {
  command = plan

  variables {
    databases = { orders = { global_cluster = "prod-orders", clusters = { us-east-1 = "prod-orders-use1" }, secrets = ["prod/orders/admin"], admin_secret = "prod/orders/admin" } }
  }

  expect_failures = [var.secret_key_aliases]
}

run "refuses_a_voter_s_key_alias_with_its_prefix" {
  command = plan

  variables {
    voters = { us-east-1 = "alias/prod-use1", us-east-2 = "prod-use2", eu-west-1 = "prod-euw1" }
  }

  expect_failures = [var.voters]
}

run "refuses_voters_without_the_own_region" {
  command = plan

  variables {
    voters = { us-west-2 = "prod-usw2", us-east-2 = "prod-use2", eu-west-1 = "prod-euw1" }
  }

  expect_failures = [var.voters]
}

run "refuses_two_voters" {
  command = plan

  variables {
    voters = { us-east-1 = "prod-use1", us-east-2 = "prod-use2" }
  }

  expect_failures = [var.voters]
}

run "refuses_a_database_key_alias_with_its_prefix" {
  command = plan

  variables {
    database_key_alias = "alias/prod-use1"
  }

  expect_failures = [var.database_key_alias]
}
