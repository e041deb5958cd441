# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/compute/migration.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/compute/migration"

  code_sha256   = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
  function_name = "prod-migrations-use1"
}
