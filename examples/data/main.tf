# A table and a bucket under one key. The bucket logs its requests.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

locals {
  account_id = "123456789012"
}

module "key" {
  source = "../../modules/security/key"

  account_id  = local.account_id
  alias       = "example-data-use1"
  description = "Items and files of the example."
}

module "items" {
  source = "../../modules/data/global_table"

  hash_key      = "pk"
  kms_key_arn   = module.key.arn
  name          = "example-items"
  ttl_attribute = "expires_at"
}

module "files" {
  source = "../../modules/data/bucket"

  access_logs   = { enabled = true, retention_days = 90 }
  account_id    = local.account_id
  kms_key_alias = "example-data-use1"
  kms_key_arn   = module.key.arn
  name          = "example-files-${local.account_id}-use1"
}

output "bucket" {
  description = "Name of the bucket."
  value       = module.files.name
}
