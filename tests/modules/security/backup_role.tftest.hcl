variables {
  account_id      = "123456789012"
  copy_vaults     = { us-west-2 = { name = "prod-backups-usw2", key_alias = "prod-usw2" } }
  name            = "prod-use1-backup"
  region          = "us-east-1"
  table_key_alias = "prod-data-use1"
  tables          = ["prod-items"]
  vault           = { name = "prod-backups-use1", key_alias = "prod-use1" }
}

run "refuses_an_account_id_with_hyphens" {
  command = plan

  variables {
    account_id = "1234-5678-9012"
  }

  expect_failures = [var.account_id]
}

run "refuses_the_alias_of_the_clusters_key_with_its_prefix" {
  command = plan

  variables {
    cluster_key_alias = "alias/prod-use1"
    clusters          = ["prod-orders-use1"]
  }

  expect_failures = [var.cluster_key_alias]
}

run "refuses_clusters_without_their_key" {
  command = plan

  variables {
    clusters = ["prod-orders-use1"]
  }

  expect_failures = [var.cluster_key_alias]
}

run "refuses_a_cluster_by_its_arn" {
  command = plan

  variables {
    cluster_key_alias = "prod-use1"
    clusters          = ["arn:aws:rds:us-east-1:123456789012:cluster:prod-orders-use1"]
  }

  expect_failures = [var.clusters]
}

run "refuses_copies_in_its_own_region" {
  command = plan

  variables {
    copy_vaults = { us-east-1 = { name = "prod-backups-use1", key_alias = "prod-use1" } }
  }

  expect_failures = [var.copy_vaults]
}

run "refuses_as_vault_of_copies_an_arn" {
  command = plan

  variables {
    copy_vaults = { us-west-2 = { name = "arn:aws:backup:us-west-2:123456789012:backup-vault:prod-backups-usw2", key_alias = "prod-usw2" } }
  }

  expect_failures = [var.copy_vaults]
}

run "refuses_the_alias_of_the_copies_key_with_its_prefix" {
  command = plan

  variables {
    copy_vaults = { us-west-2 = { name = "prod-backups-usw2", key_alias = "alias/prod-usw2" } }
  }

  expect_failures = [var.copy_vaults]
}

run "refuses_a_role_name_with_a_slash" {
  command = plan

  variables {
    name = "prod/backup"
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

run "refuses_an_availability_zone" {
  command = plan

  variables {
    region = "us-east-1a"
  }

  expect_failures = [var.region]
}

run "refuses_the_alias_of_the_tables_key_with_its_prefix" {
  command = plan

  variables {
    table_key_alias = "alias/prod-data-use1"
  }

  expect_failures = [var.table_key_alias]
}

run "refuses_the_key_of_no_table" {
  command = plan

  variables {
    cluster_key_alias = "prod-use1"
    clusters          = ["prod-orders-use1"]
    tables            = []
  }

  expect_failures = [var.table_key_alias]
}

run "refuses_a_table_by_its_arn" {
  command = plan

  variables {
    tables = ["arn:aws:dynamodb:us-east-1:123456789012:table/prod-items"]
  }

  expect_failures = [var.tables]
}

run "refuses_to_back_up_nothing" {
  command = plan

  variables {
    table_key_alias = null
    tables          = []
  }

  expect_failures = [var.tables]
}

run "refuses_a_vault_by_its_arn" {
  command = plan

  variables {
    vault = { name = "arn:aws:backup:us-east-1:123456789012:backup-vault:prod", key_alias = "prod-use1" }
  }

  expect_failures = [var.vault]
}

run "refuses_the_alias_of_the_vault_s_key_with_its_prefix" {
  command = plan

  variables {
    vault = { name = "prod-backups-use1", key_alias = "alias/prod-use1" }
  }

  expect_failures = [var.vault]
}
