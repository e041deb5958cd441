# One name that fails over between two regions by Route 53.

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

variable "zone_id" {
  description = "Identifier of the hosted zone of example.com."
  type        = string
  nullable    = false
}

module "api_domain" {
  source = "../../modules/edge/api_domain"

  names = {
    entry    = { host = "api.example.com", record = "front.use1.example.com" }
    regional = { host = "api.use1.example.com", record = "api.use1.example.com" }
  }
  validation_record_owner = { entry = true }
  zone_id                 = var.zone_id
}

module "routing" {
  source = "../../modules/edge/dns_routing"

  name    = "api.example.com"
  routing = "failover"
  ttl     = 10
  zone_id = var.zone_id

  targets = {
    us-east-1 = {
      host         = "front.use1.example.com"
      role         = "primary"
      health_check = { host = "api.use1.example.com" }
    }
    us-west-2 = {
      host         = "front.usw2.example.com"
      role         = "secondary"
      health_check = { host = "api.usw2.example.com" }
    }
  }
}
