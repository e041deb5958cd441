# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/data/backup_vault.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/data/backup_vault"

  kms_key_arn = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-4222-8222-222222222222"
  name        = "prod-backups-usw2"
}

module "accepts_a_break_glass_role_and_a_lock_with_a_most" {
  source = "../../../modules/data/backup_vault"

  break_glass_role_arns = ["arn:aws:iam::123456789012:role/break-glass"]
  kms_key_arn           = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-4222-8222-222222222222"
  lock                  = { min_retention_days = 1, max_retention_days = 36500 }
  name                  = "prod-backups-usw2"
}

module "accepts_a_vault_that_may_be_destroyed" {
  source = "../../../modules/data/backup_vault"

  deny_deletion = false
  force_destroy = true
  kms_key_arn   = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-4222-8222-222222222222"
  name          = "trial_backups"
}
