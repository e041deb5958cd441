# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/security/database_secret.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/security/database_secret"

  database_name = "orders"
  description   = "The app user of orders of prod"
  kms_key_arn   = "arn:aws:kms:us-east-1:123456789012:alias/prod-data-use1"
  name          = "prod/orders/app"
  username      = "orders_app"
}
