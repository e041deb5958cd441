# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/compute/function.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/compute/function"

  description = "read of prod in us-east-1"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name        = "prod-read-use1"
  package     = "functions/read.zip"
  role_arn    = "arn:aws:iam::123456789012:role/prod-read-use1"
}

module "accepts_every_option" {
  source = "../../../modules/compute/function"

  architecture            = "x86_64"
  dead_letter             = { enabled = true, retention_days = 1, max_event_age_seconds = 60, max_retries = 0 }
  description             = "read of prod in us-east-1"
  environment             = { TABLE_ITEMS = "prod-items" }
  kms_key_arn             = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  memory_mb               = 10240
  name                    = "prod-read-use1"
  package                 = "functions/read.zip"
  provisioned_concurrency = 5
  reserved_concurrency    = 5
  role_arn                = "arn:aws:iam::123456789012:role/prod-read-use1"
  timeout_seconds         = 900
  tracing                 = false
}
