# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/data/global_table.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/data/global_table"

  hash_key    = "pk"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name        = "prod-items"
  replicas    = { us-west-2 = { kms_key_arn = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-4222-8222-222222222222" } }
}

module "accepts_provisioned_capacity_with_an_index" {
  source = "../../../modules/data/global_table"

  attributes               = { owner = "S" }
  billing                  = { mode = "provisioned", read = { min = 1, max = 10, target = 20 }, write = { min = 1, max = 10 } }
  global_secondary_indexes = { by_owner = { hash_key = "owner" } }
  hash_key                 = "pk"
  kms_key_arn              = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name                     = "prod-items"
  range_key                = "sk"
  replicas                 = { us-west-2 = { kms_key_arn = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-4222-8222-222222222222" } }
}

module "accepts_an_index_that_includes_attributes" {
  source = "../../../modules/data/global_table"

  attributes               = { owner = "S" }
  global_secondary_indexes = { by_owner = { hash_key = "owner", projection_type = "INCLUDE", non_key_attributes = ["value"] } }
  hash_key                 = "pk"
  kms_key_arn              = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name                     = "prod-items"
  replicas                 = { us-west-2 = { kms_key_arn = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-4222-8222-222222222222" } }
}

module "accepts_a_target_of_90_percent" {
  source = "../../../modules/data/global_table"

  billing     = { mode = "provisioned", read = { min = 5, max = 5, target = 90 }, write = { min = 1, max = 10 } }
  hash_key    = "pk"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name        = "prod-items"
  replicas    = { us-west-2 = { kms_key_arn = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-4222-8222-222222222222" } }
}
