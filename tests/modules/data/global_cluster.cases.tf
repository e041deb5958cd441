# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/data/global_cluster.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/data/global_cluster"

  database_name  = "orders"
  engine_version = "16.8"
  identifier     = "prod-orders"
}

module "accepts_mysql" {
  source = "../../../modules/data/global_cluster"

  database_name  = "orders"
  engine         = "aurora-mysql"
  engine_version = "8.0.mysql_aurora.3.08.0"
  identifier     = "prod-orders"
}
