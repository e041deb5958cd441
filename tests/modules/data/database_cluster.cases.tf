# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/data/database_cluster.yaml.

module "accepts_a_secondary" {
  source = "../../../modules/data/database_cluster"

  engine_version            = "16.8"
  global_cluster_identifier = "prod-orders"
  identifier                = "prod-orders-euw1"
  kms_key_arn               = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  role                      = "secondary"
  subnet_ids                = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  vpc_id                    = "vpc-0123456789abcdef0"
}

module "accepts_a_secondary_without_instances" {
  source = "../../../modules/data/database_cluster"

  engine_version            = "16.8"
  global_cluster_identifier = "prod-orders"
  identifier                = "prod-orders-euw1"
  instances                 = 0
  kms_key_arn               = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  role                      = "secondary"
  subnet_ids                = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  vpc_id                    = "vpc-0123456789abcdef0"
}

module "accepts_mysql" {
  source = "../../../modules/data/database_cluster"

  engine                    = "aurora-mysql"
  engine_version            = "8.0.mysql_aurora.3.08.0"
  global_cluster_identifier = "prod-orders"
  identifier                = "prod-orders-euw1"
  kms_key_arn               = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  role                      = "secondary"
  subnet_ids                = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
  vpc_id                    = "vpc-0123456789abcdef0"
}
