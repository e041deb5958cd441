# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/data/log_bucket.yaml.

module "accepts_every_option" {
  source = "../../../modules/data/log_bucket"

  account_id     = "123456789012"
  after          = "the certificate"
  force_destroy  = true
  kms_key_arn    = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name           = "prod-cdn-logs-123456789012-use1"
  retention_days = 1

  writers = {
    AWSLogDeliveryWrite = {
      service     = "delivery.logs.amazonaws.com"
      source_arns = ["arn:aws:logs:us-east-1:123456789012:delivery-source:*"]
      acl         = "bucket-owner-full-control"
      prefix      = "AWSLogs/123456789012/"
    }
  }

  tags = { tier = "data" }
}
