# A network with isolated, private and public subnets in three zones. No tier reaches the internet.

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

module "network" {
  source = "../../modules/network/vpc"

  availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
  cidr               = "10.0.0.0/16"
  name               = "example-network-use1"
  region             = "us-east-1"

  tiers = {
    isolated = { first = 0 }               # 10.0.0.0/20 to 10.0.32.0/20
    private  = { first = 4, newbits = 3 }  # 10.0.128.0/19 to 10.0.192.0/19
    public   = { first = 48, newbits = 8 } # 10.0.48.0/24 to 10.0.50.0/24
  }
}

output "subnet_ids" {
  description = "Subnets by tier, in the order of the zones."
  value       = module.network.tier_subnet_ids
}
