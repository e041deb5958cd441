# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/security/function_role.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/security/function_role"

  account_id    = "123456789012"
  function_name = "prod-read-use1"
  kms_alias     = "prod-use1"
  name          = "prod-read-use1"
  region        = "us-east-1"
}

module "accepts_every_access_level" {
  source = "../../../modules/security/function_role"

  account_id    = "123456789012"
  function_name = "prod-read-use1"
  kms_alias     = "prod-use1"
  name          = "prod-read-use1"
  region        = "us-east-1"
  table_access = {
    for access in ["read", "write", "read-write", "probe"] :
    access => { table_name = "prod-${access}", access = access, key_alias = "prod-data-use1" }
  }
}

module "accepts_objects_secrets_admission_and_a_network" {
  source = "../../../modules/security/function_role"

  account_id = "123456789012"
  bucket_access = {
    for access in ["read", "write", "read-write", "probe"] :
    access => { bucket_name = "prod-${access}", access = access, key_alias = "prod-data-use1" }
  }
  control_table = { name = "prod-control", key_alias = "prod-use1" }
  function_name = "prod-read-use1"
  kms_alias     = "prod-use1"
  name          = "prod-read-use1"
  region        = "us-east-1"
  secrets = {
    app   = { name = "prod/orders/app", key_alias = "prod-data-use1" }
    admin = { name = "prod/orders/admin", key_alias = "prod-data-use1", access = "rotate" }
  }
  vpc = true
}
