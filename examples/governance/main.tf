# The roles that GitHub Actions plans and applies with.

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

module "delivery" {
  source = "../../modules/governance/delivery_role"

  account_id    = "123456789012"
  domain        = "example.com"
  environment   = "example"
  repository    = "octo-org/shop"
  services      = ["apigateway", "dynamodb", "iam", "kms", "lambda", "logs", "route53", "s3"]
  state_buckets = { use1 = { name = "example-tfstate-123456789012-use1", kms_alias = "example-state-use1" } }
}

output "plan_role_arn" {
  description = "Role for pull requests."
  value       = module.delivery.plan_role_arn
}

output "apply_role_arn" {
  description = "Role for the protected branch."
  value       = module.delivery.apply_role_arn
}
