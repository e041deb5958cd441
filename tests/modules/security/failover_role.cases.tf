# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/security/failover_role.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/security/failover_role"

  account_id    = "123456789012"
  control_table = "prod-control"
  function_name = "prod-failover-use1"
  kms_alias     = "prod-use1"
  name          = "prod-failover-use1"
  region        = "us-east-1"
  voters        = { us-east-1 = "prod-use1", us-east-2 = "prod-use2", eu-west-1 = "prod-euw1" }
}

module "accepts_a_database" {
  source = "../../../modules/security/failover_role"

  account_id    = "123456789012"
  control_table = "prod-control"
  databases = {
    orders = {
      global_cluster = "prod-orders"
      clusters       = { us-east-1 = "prod-orders-use1", eu-west-1 = "prod-orders-euw1" }
      secrets        = ["prod/orders/admin", "prod/orders/app"]
      admin_secret   = "prod/orders/admin"
    }
  }
  function_name      = "prod-failover-use1"
  kms_alias          = "prod-use1"
  name               = "prod-failover-use1"
  region             = "us-east-1"
  secret_key_aliases = { us-east-1 = "prod-data-use1", eu-west-1 = "prod-data-euw1" }
  voters             = { us-east-1 = "prod-use1", us-east-2 = "prod-use2", eu-west-1 = "prod-euw1" }
}
