# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/network/vpc.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/network/vpc"

  availability_zones = ["us-east-1a", "us-east-1b"]
  cidr               = "10.0.0.0/16"
  name               = "prod-network-use1"
  region             = "us-east-1"
}

module "accepts_flow_logs" {
  source = "../../../modules/network/vpc"

  availability_zones = ["us-east-1a", "us-east-1b"]
  cidr               = "10.0.0.0/16"
  flow_logs          = { role_arn = "arn:aws:iam::123456789012:role/prod-flow-logs" }
  kms_key_arn        = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name               = "prod-network-use1"
  region             = "us-east-1"
}

module "accepts_every_tier" {
  source = "../../../modules/network/vpc"

  availability_zones = ["us-east-1a", "us-east-1b", "us-east-1c"]
  cidr               = "10.0.0.0/16"
  name               = "prod-network-use1"
  region             = "us-east-1"

  tiers = {
    isolated = { first = 0 }
    private  = { first = 4, newbits = 3 }
    public   = { first = 48, newbits = 8 }
  }
}
