# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/security/replication_role.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/security/replication_role"

  account_id    = "123456789012"
  destination   = { bucket = "prod-files-123456789012-euw1", key_alias = "prod-data-euw1", region = "eu-west-1" }
  name          = "prod-files-replication-use1"
  source_bucket = { bucket = "prod-files-123456789012-use1", key_alias = "prod-data-use1", region = "us-east-1" }
}

module "accepts_every_option" {
  source = "../../../modules/security/replication_role"

  account_id  = "123456789012"
  destination = { bucket = "prod-files-123456789012-euw1", key_alias = "prod-data-euw1", region = "eu-west-1" }
  further_destinations = {
    usw2 = { bucket = "prod-files-210987654321-usw2", key_alias = "prod-data-usw2", region = "us-west-2", account_id = "210987654321" }
  }
  name                 = "prod-files-replication-use1"
  object_lock          = true
  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
  source_bucket        = { bucket = "prod-files-123456789012-use1", key_alias = "prod-data-use1", region = "us-east-1" }
}
