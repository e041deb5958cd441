# A function behind a REST API. The package is a zip file with a handler.py in it.

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

variable "package" {
  description = "Path of the function's zip file."
  type        = string
  nullable    = false
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

module "role_read" {
  source = "../../modules/security/function_role"

  account_id    = local.account_id
  function_name = "example-read-use1"
  kms_alias     = "example-use1"
  name          = "example-read-use1"
  region        = "us-east-1"
}

module "function_read" {
  source = "../../modules/compute/function"

  description = "Reads an item."
  kms_key_arn = module.key.arn
  name        = "example-read-use1"
  package     = var.package
  role_arn    = module.role_read.arn
}

module "api" {
  source = "../../modules/compute/rest_api"

  kms_key_arn = module.key.arn
  name        = "example-use1"

  routes = {
    "GET /items/{id}" = {
      function_name = module.function_read.function_name
      invoke_arn    = module.function_read.invoke_arn
    }
  }
}

output "url" {
  description = "Address of the API."
  value       = module.api.invoke_url
}
