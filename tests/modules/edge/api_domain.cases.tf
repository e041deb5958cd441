# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/edge/api_domain.yaml.

module "accepts_two_names" {
  source = "../../../modules/edge/api_domain"

  names = {
    entry    = { host = "api.example.com", record = "front.use1.example.com" }
    regional = { host = "api.use1.example.com", record = "api.use1.example.com" }
  }
  zone_id = "Z0123456789ABCDEFGHIJ"
}

module "accepts_dualstack" {
  source = "../../../modules/edge/api_domain"

  ip_address_type = "dualstack"
  names = {
    entry    = { host = "api.example.com", record = "front.use1.example.com" }
    regional = { host = "api.use1.example.com", record = "api.use1.example.com" }
  }
  zone_id = "Z0123456789ABCDEFGHIJ"
}

module "accepts_a_name_whose_validation_record_is_owned_elsewhere" {
  source = "../../../modules/edge/api_domain"

  names = {
    entry    = { host = "api.example.com", record = "front.use1.example.com" }
    regional = { host = "api.use1.example.com", record = "api.use1.example.com" }
  }
  validation_record_owner = { entry = false }
  zone_id                 = "Z0123456789ABCDEFGHIJ"
}
