# Alarms of one region, the people that they tell, and a dashboard.

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

module "key" {
  source = "../../modules/security/key"

  account_id  = "123456789012"
  alias       = "example-use1"
  description = "Alarms of the example."
  services    = ["cloudwatch.amazonaws.com", "sns.amazonaws.com"]
}

module "alarms" {
  source = "../../modules/observability/alarms"

  api_name                  = "example-use1"
  function_timeouts_seconds = { example-read-use1 = 5 }
  functions                 = ["example-read-use1"]
  kms_key_arn               = module.key.arn
  name                      = "example-use1"
  notify                    = ["oncall@example.com"]
  tables                    = { example-items = [] }

  thresholds = { api_5xx_percent = 2, api_latency_p99_ms = 800 }
}

module "dashboard" {
  source = "../../modules/observability/dashboard"

  name = "example-use1"

  regions = [{
    region    = "us-east-1"
    role      = "primary"
    api_name  = "example-use1"
    functions = ["example-read-use1"]
    tables    = ["example-items"]
  }]
}
