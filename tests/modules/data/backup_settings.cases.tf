# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/data/backup_settings.yaml.

module "accepts_aurora_alone" {
  source = "../../../modules/data/backup_settings"

  resource_types = ["Aurora"]
}

module "accepts_its_defaults" {
  source = "../../../modules/data/backup_settings"

}
