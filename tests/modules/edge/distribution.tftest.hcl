mock_provider "aws" {
  source = "./mocks"
}

variables {
  aliases         = ["app.example.com"]
  certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-4234-8234-123456789012"
  name            = "prod"
  zone_id         = "Z0123456789ABCDEFGHIJ"

  api = {
    origin_host  = "origin.app.example.com"
    standby_host = "standby.app.example.com"
    routes       = { "/read" = ["GET"], "/write" = ["POST"] }
  }

  buckets = {
    "/static/*" = { origins = ["site-a.s3.us-east-1.amazonaws.com", "site-b.s3.us-west-2.amazonaws.com"] }
  }
}

run "refuses_logs_outside_us_east_1" {
  command = plan

  variables {
    logs = { account_id = "123456789012", bucket_name = "prod-cdn-logs", kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012" }
  }

  override_data {
    target          = data.aws_region.current
    override_during = plan

    values = { name = "eu-west-1" }
  }

  expect_failures = [aws_cloudwatch_log_delivery_source.this]
}

run "refuses_no_aliases" {
  command = plan

  variables {
    aliases = []
  }

  expect_failures = [var.aliases]
}

run "refuses_an_alias_with_a_trailing_dot" {
  command = plan

  variables {
    aliases = ["app.example.com."]
  }

  expect_failures = [var.aliases]
}

run "refuses_an_origin_with_a_scheme" {
  command = plan

  variables {
    api = { origin_host = "https://origin.app.example.com", routes = { "/read" = ["GET"] } }
  }

  expect_failures = [var.api]
}

run "refuses_a_standby_that_is_the_origin" {
  command = plan

  variables {
    api = { origin_host = "origin.app.example.com", standby_host = "origin.app.example.com", routes = {} }
  }

  expect_failures = [var.api]
}

run "refuses_a_route_without_a_slash" {
  command = plan

  variables {
    api = { origin_host = "origin.app.example.com", routes = { "read" = ["GET"] } }
  }

  expect_failures = [var.api]
}

run "refuses_a_method_that_http_does_not_have" {
  command = plan

  variables {
    api = { origin_host = "origin.app.example.com", routes = { "/read" = ["FETCH"] } }
  }

  expect_failures = [var.api]
}

run "refuses_a_fraction_of_a_second_of_cache" {
  command = plan

  variables {
    api = { origin_host = "origin.app.example.com", routes = {}, cache_seconds = 0.5 }
  }

  expect_failures = [var.api]
}

run "refuses_a_bucket_pattern_without_a_slash" {
  command = plan

  variables {
    buckets = { "static/*" = { origins = ["site-a.s3.us-east-1.amazonaws.com"] } }
  }

  expect_failures = [var.buckets]
}

run "refuses_a_pattern_of_both_a_bucket_and_the_api" {
  command = plan

  variables {
    buckets = { "/read" = { origins = ["site-a.s3.us-east-1.amazonaws.com"] } }
  }

  expect_failures = [var.buckets]
}

run "refuses_three_buckets_in_a_group" {
  command = plan

  variables {
    buckets = { "/static/*" = { origins = ["a-1.s3.us-east-1.amazonaws.com", "a-2.s3.us-east-1.amazonaws.com", "a-3.s3.us-east-1.amazonaws.com"] } }
  }

  expect_failures = [var.buckets]
}

run "refuses_a_bucket_name_as_origin" {
  command = plan

  variables {
    buckets = { "/static/*" = { origins = ["site-a"] } }
  }

  expect_failures = [var.buckets]
}

run "refuses_two_groups_that_begin_with_one_bucket" {
  command = plan

  variables {
    buckets = {
      "/a/*" = { origins = ["site-a.s3.us-east-1.amazonaws.com", "site-b.s3.us-west-2.amazonaws.com"] }
      "/b/*" = { origins = ["site-a.s3.us-east-1.amazonaws.com", "site-c.s3.eu-west-1.amazonaws.com"] }
    }
  }

  expect_failures = [var.buckets]
}

run "refuses_a_cache_of_more_than_a_year" {
  command = plan

  variables {
    buckets = { "/static/*" = { origins = ["site-a.s3.us-east-1.amazonaws.com"], cache_seconds = 31536001 } }
  }

  expect_failures = [var.buckets]
}

run "refuses_a_certificate_of_another_region" {
  command = plan

  variables {
    certificate_arn = "arn:aws:acm:eu-west-1:123456789012:certificate/12345678-1234-4234-8234-123456789012"
  }

  expect_failures = [var.certificate_arn]
}

run "refuses_a_comment_of_129_characters" {
  command = plan

  variables {
    comment = join("", [for i in range(129) : "x"])
  }

  expect_failures = [var.comment]
}

run "refuses_four_connection_attempts" {
  command = plan

  variables {
    connection = { attempts = 4 }
  }

  expect_failures = [var.connection]
}

run "refuses_a_connection_timeout_of_11_seconds" {
  command = plan

  variables {
    connection = { timeout = 11 }
  }

  expect_failures = [var.connection]
}

run "refuses_a_response_timeout_of_121_seconds" {
  command = plan

  variables {
    connection = { response_timeout = 121 }
  }

  expect_failures = [var.connection]
}

run "refuses_no_keepalive" {
  command = plan

  variables {
    connection = { keepalive = 0 }
  }

  expect_failures = [var.connection]
}

run "refuses_an_unknown_default_behavior" {
  command = plan

  variables {
    default_behavior = "/images/*"
  }

  expect_failures = [var.default_behavior]
}

run "refuses_two_answers_for_what_no_pattern_matches" {
  command = plan

  variables {
    default_behavior = "/static/*"
    api              = { origin_host = "origin.app.example.com", routes = { "*" = ["GET"] } }
  }

  expect_failures = [var.default_behavior]
}

run "refuses_errors_that_are_kept_for_two_days" {
  command = plan

  variables {
    error_cache_seconds = 172800
  }

  expect_failures = [var.error_cache_seconds]
}

run "refuses_a_page_for_a_success" {
  command = plan

  variables {
    error_pages = { "200" = { path = "/ok.html", status = 200 } }
  }

  expect_failures = [var.error_pages]
}

run "refuses_a_page_without_a_slash" {
  command = plan

  variables {
    error_pages = { "404" = { path = "404.html", status = 404 } }
  }

  expect_failures = [var.error_pages]
}

run "refuses_a_failover_on_success" {
  command = plan

  variables {
    failover_status_codes = [200]
  }

  expect_failures = [var.failover_status_codes]
}

run "refuses_an_unknown_geo_mode" {
  command = plan

  variables {
    geo = { mode = "block", countries = ["DE"] }
  }

  expect_failures = [var.geo]
}

run "refuses_a_denial_of_no_country" {
  command = plan

  variables {
    geo = { mode = "deny" }
  }

  expect_failures = [var.geo]
}

run "refuses_a_country_by_name" {
  command = plan

  variables {
    geo = { mode = "deny", countries = ["Germany"] }
  }

  expect_failures = [var.geo]
}

run "refuses_an_account_of_11_digits" {
  command = plan

  variables {
    logs = { account_id = "12345678901", bucket_name = "prod-cdn-logs", kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012" }
  }

  expect_failures = [var.logs]
}

run "refuses_a_log_bucket_in_capitals" {
  command = plan

  variables {
    logs = { account_id = "123456789012", bucket_name = "Prod-Cdn-Logs", kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012" }
  }

  expect_failures = [var.logs]
}

run "refuses_a_log_key_by_alias" {
  command = plan

  variables {
    logs = { account_id = "123456789012", bucket_name = "prod-cdn-logs", kms_key_arn = "alias/prod" }
  }

  expect_failures = [var.logs]
}

run "refuses_logs_that_are_kept_for_no_day" {
  command = plan

  variables {
    logs = { account_id = "123456789012", bucket_name = "prod-cdn-logs", kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012", retention_days = 0 }
  }

  expect_failures = [var.logs]
}

run "refuses_a_name_with_a_dot" {
  command = plan

  variables {
    name = "prod.example"
  }

  expect_failures = [var.name]
}

run "refuses_an_unknown_price_class" {
  command = plan

  variables {
    price_class = "PriceClass_300"
  }

  expect_failures = [var.price_class]
}

run "refuses_a_negative_hsts" {
  command = plan

  variables {
    response_headers = { hsts_seconds = -1 }
  }

  expect_failures = [var.response_headers]
}

run "refuses_framing_by_anybody" {
  command = plan

  variables {
    response_headers = { frame_option = "ALLOWALL" }
  }

  expect_failures = [var.response_headers]
}

run "refuses_an_unknown_referrer_policy" {
  command = plan

  variables {
    response_headers = { referrer_policy = "none" }
  }

  expect_failures = [var.response_headers]
}

run "refuses_an_origin_with_a_path" {
  command = plan

  variables {
    response_headers = { cors = { origins = ["https://example.com/app"] } }
  }

  expect_failures = [var.response_headers]
}

run "refuses_a_preflight_that_is_kept_for_two_days" {
  command = plan

  variables {
    response_headers = { cors = { origins = ["*"], max_age_seconds = 172800 } }
  }

  expect_failures = [var.response_headers]
}

run "refuses_a_root_object_with_a_leading_slash" {
  command = plan

  variables {
    root_object = "/index.html"
  }

  expect_failures = [var.root_object]
}

run "refuses_a_shield_where_there_is_none" {
  command = plan

  variables {
    shield_region = "eu-north-1"
  }

  expect_failures = [var.shield_region]
}

run "refuses_a_regional_web_acl" {
  command = plan

  variables {
    web_acl_arn = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/prod/12345678-1234-4234-8234-123456789012"
  }

  expect_failures = [var.web_acl_arn]
}

run "refuses_a_zone_name_as_zone_id" {
  command = plan

  variables {
    zone_id = "example.com"
  }

  expect_failures = [var.zone_id]
}
