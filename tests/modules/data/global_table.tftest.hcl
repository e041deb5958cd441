mock_provider "aws" {
  source = "./mocks"
}

variables {
  hash_key    = "pk"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name        = "prod-items"
  replicas    = { us-west-2 = { kms_key_arn = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-4222-8222-222222222222" } }
}

run "refuses_an_attribute_of_type_bool" {
  command = plan

  variables {
    attributes               = { owner = "BOOL" }
    global_secondary_indexes = { by_owner = { hash_key = "owner" } }
  }

  expect_failures = [var.attributes]
}

run "refuses_an_index_name_of_two_characters" {
  command = plan

  variables {
    global_secondary_indexes = { by = { hash_key = "pk" } }
  }

  expect_failures = [var.global_secondary_indexes]
}

run "refuses_21_indexes" {
  command = plan

  variables {
    global_secondary_indexes = { for i in range(21) : "index-${i}" => { hash_key = "pk" } }
  }

  expect_failures = [var.global_secondary_indexes]
}

run "refuses_an_index_on_an_undefined_attribute" {
  command = plan

  variables {
    global_secondary_indexes = { by_owner = { hash_key = "owner" } }
  }

  expect_failures = [var.global_secondary_indexes]
}

run "refuses_an_attribute_that_no_index_uses" {
  command = plan

  variables {
    attributes = { owner = "S" }
  }

  expect_failures = [var.global_secondary_indexes]
}

run "refuses_an_unknown_projection" {
  command = plan

  variables {
    global_secondary_indexes = { by_pk = { hash_key = "pk", projection_type = "SOME" } }
  }

  expect_failures = [var.global_secondary_indexes]
}

run "refuses_to_include_nothing" {
  command = plan

  variables {
    global_secondary_indexes = { by_pk = { hash_key = "pk", projection_type = "INCLUDE" } }
  }

  expect_failures = [var.global_secondary_indexes]
}

run "refuses_an_empty_hash_key" {
  command = plan

  variables {
    hash_key = ""
  }

  expect_failures = [var.hash_key]
}

run "refuses_a_hash_key_of_type_bool" {
  command = plan

  variables {
    hash_key_type = "BOOL"
  }

  expect_failures = [var.hash_key_type]
}

run "refuses_an_alias_as_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/prod-data-use1"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_name_of_two_characters" {
  command = plan

  variables {
    name = "it"
  }

  expect_failures = [var.name]
}

run "refuses_a_name_with_a_slash" {
  command = plan

  variables {
    name = "prod/items"
  }

  expect_failures = [var.name]
}

run "refuses_an_empty_range_key" {
  command = plan

  variables {
    range_key = ""
  }

  expect_failures = [var.range_key]
}

run "refuses_the_hash_key_as_range_key" {
  command = plan

  variables {
    range_key = "pk"
  }

  expect_failures = [var.range_key]
}

run "refuses_a_range_key_of_type_bool" {
  command = plan

  variables {
    range_key      = "sk"
    range_key_type = "BOOL"
  }

  expect_failures = [var.range_key_type]
}

run "refuses_a_replica_in_a_zone" {
  command = plan

  variables {
    replicas = { us-west-2a = { kms_key_arn = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-4222-8222-222222222222" } }
  }

  expect_failures = [var.replicas]
}

run "refuses_a_replica_with_the_key_of_another_region" {
  command = plan

  variables {
    replicas = { us-west-2 = { kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111" } }
  }

  expect_failures = [var.replicas]
}

run "refuses_a_replica_in_its_own_region" {
  command = plan

  variables {
    replicas = { us-east-1 = { kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111" } }
  }

  expect_failures = [aws_dynamodb_table.this]
}

run "refuses_an_empty_ttl_attribute" {
  command = plan

  variables {
    ttl_attribute = ""
  }

  expect_failures = [var.ttl_attribute]
}
