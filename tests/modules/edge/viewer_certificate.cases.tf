# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/edge/viewer_certificate.yaml.

module "accepts_records_that_are_owned_elsewhere" {
  source = "../../../modules/edge/viewer_certificate"

  names                   = ["www.example.com", "app.example.com"]
  validation_record_owner = false
  zone_id                 = "Z0123456789ABCDEFGHIJ"
}
