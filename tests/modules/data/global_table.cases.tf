# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/data/global_table.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/data/global_table"

  hash_key    = "pk"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name        = "prod-items"
  replicas    = { us-west-2 = { kms_key_arn = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-4222-8222-222222222222" } }
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
