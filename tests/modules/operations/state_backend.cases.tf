# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/operations/state_backend.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/operations/state_backend"

  account_id  = "123456789012"
  bucket_name = "prod-tfstate-123456789012-use1"
  kms_alias   = "prod-state-use1"
}

module "accepts_access_logs" {
  source = "../../../modules/operations/state_backend"

  access_logs = { enabled = true, retention_days = 30 }
  account_id  = "123456789012"
  bucket_name = "prod-tfstate-123456789012-use1"
  kms_alias   = "prod-state-use1"
}

module "accepts_plans_beside_states" {
  source = "../../../modules/operations/state_backend"

  account_id           = "123456789012"
  bucket_name          = "prod-tfstate-123456789012-use1"
  kms_alias            = "prod-state-use1"
  plans_retention_days = 30
}
