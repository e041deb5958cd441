# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/security/backup_role.yaml.

module "accepts_clusters_without_copies" {
  source = "../../../modules/security/backup_role"

  account_id        = "123456789012"
  cluster_key_alias = "prod-use1"
  clusters          = ["prod-orders-use1"]
  name              = "prod-use1-backup"
  region            = "us-east-1"
  vault             = { name = "prod-backups-use1", key_alias = "prod-use1" }
}

module "accepts_every_option" {
  source = "../../../modules/security/backup_role"

  account_id        = "123456789012"
  cluster_key_alias = "prod-use1"
  clusters          = ["prod-orders-use1"]
  copy_vaults = {
    eu-west-1 = { name = "prod-backups-euw1", key_alias = "prod-euw1" }
    us-west-2 = { name = "prod-backups-usw2", key_alias = "prod-usw2" }
  }
  name                 = "prod-use1-backup"
  permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
  region               = "us-east-1"
  table_key_alias      = "prod-data-use1"
  tables               = ["prod-items", "prod-carts"]
  tags                 = { kind = "backups" }
  vault                = { name = "prod-backups-use1", key_alias = "prod-use1" }
}
