# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/operations/failover.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/operations/failover"

  control_table = {
    name        = "prod-control"
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  }
  environment = "prod"
  function = {
    name      = "prod-failover-use1"
    alias_arn = "arn:aws:lambda:us-east-1:123456789012:function:prod-failover-use1:live"
  }
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name        = "prod-failover-use1"
}

module "accepts_observed_regions_and_an_address" {
  source = "../../../modules/operations/failover"

  control_table = {
    name        = "prod-control"
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  }
  environment = "prod"
  function = {
    name      = "prod-failover-use1"
    alias_arn = "arn:aws:lambda:us-east-1:123456789012:function:prod-failover-use1:live"
  }
  kms_key_arn      = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name             = "prod-failover-use1"
  notify           = ["oncall@example.com"]
  observed_regions = ["us-west-2"]
}
