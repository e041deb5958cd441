# A bucket for Terraform states, which logs its requests.

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

module "state" {
  source = "../../modules/operations/state_backend"

  access_logs = { enabled = true, retention_days = 90 }
  account_id  = "123456789012"
  bucket_name = "example-tfstate-123456789012-use1"
  kms_alias   = "example-state-use1"
}

output "kms_key_id" {
  description = "Value of kms_key_id in the backend block."
  value       = module.state.kms_alias_arn
}
