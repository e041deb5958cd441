# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/edge/dns_routing.yaml.

module "accepts_failover" {
  source = "../../../modules/edge/dns_routing"

  name = "api.example.com"
  targets = {
    us-east-1 = { host = "front.use1.example.com", role = "primary", health_check = { host = "api.use1.example.com", search = "\"health\":\"pass:prod/us-east-1\"" } }
    us-west-2 = { host = "front.usw2.example.com", role = "secondary" }
  }
  zone_id = "Z0123456789ABCDEFGHIJ"
}

module "accepts_latency" {
  source = "../../../modules/edge/dns_routing"

  name    = "api.example.com"
  routing = "latency"
  targets = {
    us-east-1 = { host = "front.use1.example.com", role = "active", health_check = { host = "api.use1.example.com" } }
    us-west-2 = { host = "front.usw2.example.com", role = "active" }
  }
  zone_id = "Z0123456789ABCDEFGHIJ"
}

module "accepts_weights_from_0_to_255" {
  source = "../../../modules/edge/dns_routing"

  name    = "api.example.com"
  routing = "weighted"
  targets = {
    us-east-1 = { host = "front.use1.example.com", role = "active", weight = 255, health_check = { host = "api.use1.example.com" } }
    us-west-2 = { host = "front.usw2.example.com", role = "active", weight = 0 }
  }
  zone_id = "Z0123456789ABCDEFGHIJ"
}

module "accepts_the_next_nearest_region" {
  source = "../../../modules/edge/dns_routing"

  name    = "api.example.com"
  routing = "latency"
  targets = {
    us-east-1 = { host = "front.use1.example.com", role = "active", location = "us-west-2", health_check_id = "12345678-1234-4234-8234-123456789012" }
    us-west-2 = { host = "front.usw2.example.com", role = "active", location = "us-east-1" }
  }
  zone_id = "Z0123456789ABCDEFGHIJ"
}

module "accepts_one_target" {
  source = "../../../modules/edge/dns_routing"

  name    = "api.example.com"
  routing = "simple"
  targets = { us-west-2 = { host = "front.usw2.example.com", role = "active" } }
  zone_id = "Z0123456789ABCDEFGHIJ"
}

module "accepts_three_checker_regions" {
  source = "../../../modules/edge/dns_routing"

  health_check = { regions = ["eu-west-1", "us-east-1", "us-west-2"] }
  name         = "api.example.com"
  targets = {
    us-east-1 = { host = "front.use1.example.com", role = "primary", health_check = { host = "api.use1.example.com", search = "\"health\":\"pass:prod/us-east-1\"" } }
    us-west-2 = { host = "front.usw2.example.com", role = "secondary" }
  }
  zone_id = "Z0123456789ABCDEFGHIJ"
}

module "accepts_a_zone_that_is_not_known_yet" {
  source = "../../../modules/edge/dns_routing"

  name = "api.example.com"
  targets = {
    us-east-1 = { host = "front.use1.example.com", role = "primary", health_check = { host = "api.use1.example.com", search = "\"health\":\"pass:prod/us-east-1\"" } }
    us-west-2 = { host = "front.usw2.example.com", role = "secondary" }
  }
  zone_id = null
}
