# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/compute/rest_api.yaml.

module "accepts_the_smallest_call" {
  source = "../../../modules/compute/rest_api"

  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name        = "prod-use1"
  routes = {
    "GET /read" = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations" }
  }
}

module "accepts_an_application_s_origin_and_a_port" {
  source = "../../../modules/compute/rest_api"

  cors        = { origins = ["capacitor://localhost", "http://localhost:3000"] }
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name        = "prod-use1"
  routes = {
    "GET /read" = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations" }
  }
}

module "accepts_the_account_s_logging_role" {
  source = "../../../modules/compute/rest_api"

  cloudwatch_role_arn = "arn:aws:iam::123456789012:role/prod-api-logs"
  kms_key_arn         = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name                = "prod-use1"
  routes = {
    "GET /read" = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations" }
  }
}
