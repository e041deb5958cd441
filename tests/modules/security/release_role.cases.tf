# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/security/release_role.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/security/release_role"

  account_id     = "123456789012"
  function_names = ["prod-read-use1", "prod-write-use1"]
  name           = "prod-release-use1"
  region         = "us-east-1"
}

module "accepts_every_option" {
  source = "../../../modules/security/release_role"

  account_id           = "123456789012"
  function_names       = ["prod-read-use1", "prod-write-use1"]
  hook_names           = ["CodeDeployHook_prod-write-use1"]
  name                 = "prod-release-use1"
  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
  region               = "us-east-1"
  topics               = { alarms = { name = "prod-use1-alarms", key_alias = "prod-use1" } }
}
