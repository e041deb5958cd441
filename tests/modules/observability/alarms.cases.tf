# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/observability/alarms.yaml.

module "accepts_a_region_with_functions_and_a_table" {
  source = "../../../modules/observability/alarms"

  api_name    = "prod-use1"
  functions   = ["prod-read-use1", "prod-write-use1"]
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name        = "prod-use1"
  tables      = { prod-items = ["ap-southeast-2", "us-west-2"] }
}

module "accepts_timeouts_and_an_address" {
  source = "../../../modules/observability/alarms"

  api_name                  = "prod-use1"
  function_timeouts_seconds = { prod-read-use1 = 5 }
  functions                 = ["prod-read-use1", "prod-write-use1"]
  kms_key_arn               = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name                      = "prod-use1"
  notify                    = ["oncall@example.com"]
  tables                    = { prod-items = ["ap-southeast-2", "us-west-2"] }
}

module "accepts_what_keeps_a_region_ready" {
  source = "../../../modules/observability/alarms"

  api_name              = "prod-use1"
  buckets               = { prod-files-123456789012-use1 = { replicas = { us-west-2 = "prod-files-123456789012-usw2" } } }
  cold_start_functions  = ["prod-read-use1"]
  databases             = { prod-orders-use1 = 5000 }
  dead_letter_queues    = ["prod-write-use1-dead-letter"]
  functions             = ["prod-read-use1", "prod-write-use1"]
  kms_key_arn           = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name                  = "prod-use1"
  provisioned_functions = ["prod-read-use1"]
  tables                = { prod-items = ["ap-southeast-2", "us-west-2"] }
}
