# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/network/vpc.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/network/vpc"

  availability_zones = ["us-east-1a", "us-east-1b"]
  cidr               = "10.0.0.0/16"
  name               = "prod-network-use1"
  region             = "us-east-1"
}
