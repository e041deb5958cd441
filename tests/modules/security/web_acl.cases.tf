# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/security/web_acl.yaml.

module "accepts_a_regional_web_acl_of_defaults" {
  source = "../../../modules/security/web_acl"

  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name        = "prod-use1"
  scope       = "REGIONAL"
}

module "accepts_stages_and_load_balancers" {
  source = "../../../modules/security/web_acl"

  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name        = "prod-use1"
  resources = {
    api = "arn:aws:apigateway:us-east-1::/restapis/a1b2c3d4e5/stages/live"
    web = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/web/50dc6c495c0c9188"
  }
  scope = "REGIONAL"
}

module "accepts_no_rate_limit" {
  source = "../../../modules/security/web_acl"

  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name        = "prod-use1"
  rate_limit  = null
  scope       = "REGIONAL"
}

module "accepts_a_log_of_every_request" {
  source = "../../../modules/security/web_acl"

  kms_key_arn  = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  log_requests = "all"
  name         = "prod-use1"
  scope        = "REGIONAL"
}

module "accepts_lists_of_addresses" {
  source = "../../../modules/security/web_acl"

  allowed_addresses = ["192.0.2.0/24", "2001:db8::/32"]
  denied_addresses  = ["198.51.100.0/24"]
  kms_key_arn       = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name              = "prod-use1"
  scope             = "REGIONAL"
}
