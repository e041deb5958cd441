# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/data/table_replica.yaml.

module "accepts_a_replica_that_can_be_thrown_away" {
  source = "../../../modules/data/table_replica"

  deletion_protection    = false
  kms_key_arn            = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  point_in_time_recovery = false
  table_arn              = "arn:aws:dynamodb:us-west-2:123456789012:table/dev-items"
  tags                   = { environment = "dev" }
}
