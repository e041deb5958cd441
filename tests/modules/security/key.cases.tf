# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/security/key.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/security/key"

  account_id  = "123456789012"
  alias       = "prod-use1"
  description = "Logs, queues and environment variables of prod in us-east-1."
}
