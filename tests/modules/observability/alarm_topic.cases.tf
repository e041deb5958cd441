# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/observability/alarm_topic.yaml.

module "accepts_nobody_to_notify" {
  source = "../../../modules/observability/alarm_topic"

  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
  name        = "prod-use1"
  tags        = { tier = "observability" }
}
