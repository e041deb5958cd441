# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/edge/zone.yaml.

module "accepts_an_existing_zone" {
  source = "../../../modules/edge/zone"

  create  = false
  name    = "example.com"
  zone_id = "Z0EXISTING"
}
