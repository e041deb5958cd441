# A key, and the role of a function that may write to one table.

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
  alias       = "example-use1"
  description = "Logs and environment variables of the example."
  services    = ["logs.us-east-1.amazonaws.com"]
}

module "role_write" {
  source = "../../modules/security/function_role"

  account_id    = local.account_id
  function_name = "example-write-use1"
  kms_alias     = "example-use1"
  name          = "example-write-use1"
  region        = "us-east-1"

  table_access = {
    items = { table_name = "example-items", access = "write", key_alias = "example-data-use1" }
  }
}

output "role_arn" {
  description = "ARN of the function's role."
  value       = module.role_write.arn
}
