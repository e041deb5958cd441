# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/data/bucket.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/data/bucket"

  account_id  = "123456789012"
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name        = "prod-files-123456789012-use1"
}

module "accepts_every_option" {
  source = "../../../modules/data/bucket"

  abort_uploads_days = 1
  access_logs        = { enabled = true, retention_days = 30 }
  account_id         = "123456789012"
  archive            = { access_days = 90, deep_access_days = 180 }
  cloudfront         = true
  cors               = { origins = ["https://www.example.com"], methods = ["GET", "PUT"], headers = ["Content-Type"] }
  force_destroy      = true
  kms_key_alias      = "prod-data-use1"
  kms_key_arn        = "arn:aws:kms:us-east-1:123456789012:alias/prod-data-use1"
  missing_is_404     = true
  name               = "prod-files-123456789012-use1"
  noncurrent_days    = 1
  object_lock        = { mode = "COMPLIANCE", days = 1 }
}
