# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/data/provisioned_table.yaml.

module "accepts_an_index_that_scales_with_the_table" {
  source = "../../../modules/data/provisioned_table"

  attributes               = { owner = "S" }
  global_secondary_indexes = { by_owner = { hash_key = "owner" } }
  hash_key                 = "pk"
  kms_key_arn              = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name                     = "prod-items"
  range_key                = "sk"
  read_capacity            = { min = 1, max = 10, target = 20 }
  write_capacity           = { min = 1, max = 40000 }
}

module "accepts_an_index_that_includes_attributes" {
  source = "../../../modules/data/provisioned_table"

  attributes               = { owner = "S" }
  global_secondary_indexes = { by_owner = { hash_key = "owner", projection_type = "INCLUDE", non_key_attributes = ["value"] } }
  hash_key                 = "pk"
  kms_key_arn              = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name                     = "prod-items"
  read_capacity            = { min = 5, max = 5, target = 90 }
  write_capacity           = { min = 1, max = 10 }
}
