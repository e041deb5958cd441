# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/data/bucket_replication.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/data/bucket_replication"

  destination = {
    bucket_arn        = "arn:aws:s3:::prod-files-123456789012-euw1"
    kms_key_alias_arn = "arn:aws:kms:eu-west-1:123456789012:alias/prod-data-euw1"
  }
  role_arn      = "arn:aws:iam::123456789012:role/prod-files-replication-use1"
  source_bucket = "prod-files-123456789012-use1"
}

module "accepts_every_option" {
  source = "../../../modules/data/bucket_replication"

  delete_markers = false
  destination = {
    bucket_arn        = "arn:aws:s3:::prod-files-123456789012-euw1"
    kms_key_alias_arn = "arn:aws:kms:eu-west-1:123456789012:alias/prod-data-euw1"
  }
  further_destinations = {
    usw2 = {
      account_id        = "210987654321"
      bucket_arn        = "arn:aws:s3:::prod-files-210987654321-usw2"
      kms_key_alias_arn = "arn:aws:kms:us-west-2:210987654321:key/12345678-1234-4234-8234-123456789012"
    }
  }
  prefix                = "public/"
  priority              = 10
  replica_modifications = false
  role_arn              = "arn:aws:iam::123456789012:role/prod-files-replication-use1"
  source_bucket         = "prod-files-123456789012-use1"
  time_control          = false
}
