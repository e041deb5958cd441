# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/observability/cdn_alarms.yaml.

module "accepts_a_distribution" {
  source = "../../../modules/observability/cdn_alarms"

  distribution_id = "E1A2B3C4D5E6F7"
  kms_key_arn     = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name            = "prod-cdn"
}

module "accepts_no_additional_metrics" {
  source = "../../../modules/observability/cdn_alarms"

  additional_metrics = false
  distribution_id    = "E1A2B3C4D5E6F7"
  kms_key_arn        = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name               = "prod-cdn"
  notify             = ["oncall@example.com"]
}
