# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/edge/distribution.yaml.

module "accepts_an_api_and_buckets" {
  source = "../../../modules/edge/distribution"

  aliases = ["app.example.com"]
  api = {
    origin_host  = "origin.app.example.com"
    standby_host = "standby.app.example.com"
    routes       = { "/read" = ["GET"], "/write" = ["POST"] }
  }
  buckets = {
    "/static/*" = { origins = ["site-a.s3.us-east-1.amazonaws.com", "site-b.s3.us-west-2.amazonaws.com"] }
  }
  certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-4234-8234-123456789012"
  name            = "prod"
  zone_id         = "Z0123456789ABCDEFGHIJ"
}

module "accepts_an_api_without_a_standby" {
  source = "../../../modules/edge/distribution"

  aliases         = ["app.example.com"]
  api             = { origin_host = "origin.app.example.com", routes = { "/read" = ["GET"] } }
  buckets         = {}
  certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-4234-8234-123456789012"
  name            = "prod"
  zone_id         = "Z0123456789ABCDEFGHIJ"
}

module "accepts_buckets_alone" {
  source = "../../../modules/edge/distribution"

  aliases          = ["app.example.com"]
  api              = null
  buckets          = { "/static/*" = { origins = ["site-a.s3.us-east-1.amazonaws.com"] } }
  certificate_arn  = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-4234-8234-123456789012"
  default_behavior = "/static/*"
  name             = "prod"
  root_object      = "static/index.html"
  zone_id          = "Z0123456789ABCDEFGHIJ"
}

module "accepts_a_zone_and_a_certificate_that_are_not_known_yet" {
  source = "../../../modules/edge/distribution"

  aliases = ["app.example.com"]
  api = {
    origin_host  = "origin.app.example.com"
    standby_host = "standby.app.example.com"
    routes       = { "/read" = ["GET"], "/write" = ["POST"] }
  }
  buckets = {
    "/static/*" = { origins = ["site-a.s3.us-east-1.amazonaws.com", "site-b.s3.us-west-2.amazonaws.com"] }
  }
  certificate_arn = null
  name            = "prod"
  zone_id         = null
}

module "accepts_pages_in_place_of_errors" {
  source = "../../../modules/edge/distribution"

  aliases = ["app.example.com"]
  api = {
    origin_host  = "origin.app.example.com"
    standby_host = "standby.app.example.com"
    routes       = { "/read" = ["GET"], "/write" = ["POST"] }
  }
  buckets = {
    "/static/*" = { origins = ["site-a.s3.us-east-1.amazonaws.com", "site-b.s3.us-west-2.amazonaws.com"] }
  }
  certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-4234-8234-123456789012"
  error_pages     = { "404" = { path = "/static/404.html", status = 404 } }
  name            = "prod"
  zone_id         = "Z0123456789ABCDEFGHIJ"
}

module "accepts_access_logs" {
  source = "../../../modules/edge/distribution"

  aliases         = ["app.example.com"]
  api             = { origin_host = "origin.app.example.com", routes = { "/read" = ["GET"] } }
  certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-4234-8234-123456789012"
  logs            = { account_id = "123456789012", bucket_name = "prod-cdn-logs", kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012" }
  name            = "prod"
  zone_id         = "Z0123456789ABCDEFGHIJ"
}
