# Accepted calls that the README's example leaves out, planned with it; what comes of them is in
# inventories/compute/release.yaml.

module "accepts_every_option" {
  source = "../../../modules/compute/release"

  alarms            = { error_percent = 100, minimum_requests = 1, p99_milliseconds = 800, further_alarm_names = ["prod-api-5xx"] }
  alias_name        = "current"
  candidate_version = "8"
  function_name     = "prod-write-use1"
  hooks             = { before_traffic = "CodeDeployHook_before", after_traffic = "CodeDeployHook_after" }
  log_group_name    = "/aws/lambda/prod-write-use1"
  name              = "prod-write-use1"
  role_arn          = "arn:aws:iam::123456789012:role/prod-release-use1"
  serving_version   = "7"
  shift             = { kind = "linear", percent = 25, minutes = 3 }
  topic_arn         = "arn:aws:sns:us-east-1:123456789012:prod-use1-alarms"
}
