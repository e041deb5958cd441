# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/security/api_logging_role.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/security/api_logging_role"

  account_id = "123456789012"
  name       = "prod-api-logs"
}
