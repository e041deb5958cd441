# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/data/backup_plan.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/data/backup_plan"

  delete_after_days = 1
  name              = "prod-backups"
  resource_arns     = ["arn:aws:rds:us-east-1:123456789012:cluster:prod-orders-use1"]
  role_arn          = "arn:aws:iam::123456789012:role/prod-use1-backup"
  vault_name        = "prod-backups-use1"
}

module "accepts_every_option" {
  source = "../../../modules/data/backup_plan"

  cold_storage_after_days   = 30
  completion_window_minutes = 600
  copies = {
    eu-west-1 = { vault_arn = "arn:aws:backup:eu-west-1:123456789012:backup-vault:prod-backups-euw1", delete_after_days = 35 }
    us-west-2 = { vault_arn = "arn:aws:backup:us-west-2:123456789012:backup-vault:prod-backups-usw2", delete_after_days = 97, cold_storage_after_days = 7 }
  }
  delete_after_days    = 120
  name                 = "prod-backups"
  resource_arns        = ["arn:aws:dynamodb:us-east-1:123456789012:table/prod-items", "arn:aws:rds:us-east-1:123456789012:cluster:prod-orders-use1"]
  role_arn             = "arn:aws:iam::123456789012:role/prod-use1-backup"
  schedule             = "cron(30 1 ? * SUN *)"
  start_window_minutes = 120
  tags                 = { kind = "backups" }
  vault_name           = "prod-backups-use1"
}
