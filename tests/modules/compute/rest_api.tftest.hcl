mock_provider "aws" {
  source = "./mocks"
}

variables {
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
  name        = "prod-use1"
  routes = {
    "GET /read" = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations" }
  }
}

run "accepts_the_root_and_four_levels" {
  command = plan

  variables {
    routes = {
      "GET /"              = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations" }
      "GET /a/{b}/c/{d_1}" = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations" }
      "PUT /a/{b}/c/{d_1}" = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations" }
    }
  }

  assert {
    condition     = keys(aws_api_gateway_resource.level_4) == ["/a/{b}/c/{d_1}"]
    error_message = "There must be one resource of the fourth level."
  }

  assert {
    condition = { for route, permission in aws_lambda_permission.route : route => permission.source_arn } == {
      "GET /"              = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/live/GET/"
      "GET /a/{b}/c/{d_1}" = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/live/GET/a/*/c/*"
      "PUT /a/{b}/c/{d_1}" = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/live/PUT/a/*/c/*"
    }
    error_message = "A function must be open to its own methods on this stage alone."
  }
}

run "refuses_a_retention_that_cloudwatch_does_not_know" {
  command = plan

  variables {
    access_log_retention_days = 31
  }

  expect_failures = [var.access_log_retention_days]
}

run "refuses_a_logging_role_that_is_a_user" {
  command = plan

  variables {
    cloudwatch_role_arn = "arn:aws:iam::123456789012:user/logs"
  }

  expect_failures = [var.cloudwatch_role_arn]
}

run "refuses_an_origin_with_a_path" {
  command = plan

  variables {
    cors = { origins = ["https://example.com/"] }
  }

  expect_failures = [var.cors]
}

run "refuses_every_origin_together_with_one" {
  command = plan

  variables {
    cors = { origins = ["*", "https://example.com"] }
  }

  expect_failures = [var.cors]
}

run "refuses_a_header_with_a_space" {
  command = plan

  variables {
    cors = { origins = ["*"], headers = ["Content Type"] }
  }

  expect_failures = [var.cors]
}

run "refuses_a_max_age_of_more_than_a_day" {
  command = plan

  variables {
    cors = { origins = ["*"], max_age_seconds = 86401 }
  }

  expect_failures = [var.cors]
}

run "refuses_a_domain_name_with_a_scheme" {
  command = plan

  variables {
    domain_names = ["https://api.example.com"]
  }

  expect_failures = [var.domain_names]
}

run "refuses_an_unknown_logging_level" {
  command = plan

  variables {
    execution_logging = "DEBUG"
  }

  expect_failures = [var.execution_logging]
}

run "refuses_an_alias_as_key" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:alias/prod-use1"
  }

  expect_failures = [var.kms_key_arn]
}

run "refuses_a_name_with_a_space" {
  command = plan

  variables {
    name = "prod use1"
  }

  expect_failures = [var.name]
}

run "refuses_an_api_without_routes" {
  command = plan

  variables {
    routes = {}
  }

  expect_failures = [var.routes]
}

run "refuses_a_route_with_an_unknown_method" {
  command = plan

  variables {
    routes = {
      "FETCH /read" = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations" }
    }
  }

  expect_failures = [var.routes]
}

run "refuses_a_path_of_five_levels" {
  command = plan

  variables {
    routes = {
      "GET /a/b/c/d/e" = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations" }
    }
  }

  expect_failures = [var.routes]
}

run "refuses_two_names_for_one_parameter" {
  command = plan

  variables {
    routes = {
      "GET /items/{id}"  = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations" }
      "PUT /items/{key}" = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations" }
    }
  }

  expect_failures = [var.routes]
}

run "refuses_an_unknown_authorization" {
  command = plan

  variables {
    routes = {
      "GET /read" = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations", authorization = "CUSTOM" }
    }
  }

  expect_failures = [var.routes]
}

run "refuses_a_body_schema_that_is_no_json" {
  command = plan

  variables {
    routes = {
      "POST /write" = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations", body_schema = "{type: object}" }
    }
  }

  expect_failures = [var.routes]
}

run "refuses_a_required_header_with_a_colon" {
  command = plan

  variables {
    routes = {
      "GET /read" = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations", required_headers = ["Idempotency-Key:"] }
    }
  }

  expect_failures = [var.routes]
}

run "refuses_a_required_query_parameter_with_a_space" {
  command = plan

  variables {
    routes = {
      "GET /read" = { function_name = "prod-read-use1", invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:prod-read-use1:live/invocations", required_query_parameters = ["the id"] }
    }
  }

  expect_failures = [var.routes]
}

run "refuses_a_stage_name_with_a_hyphen" {
  command = plan

  variables {
    stage_name = "live-1"
  }

  expect_failures = [var.stage_name]
}

run "refuses_a_rate_of_nothing" {
  command = plan

  variables {
    throttle = { rate = 0 }
  }

  expect_failures = [var.throttle]
}

run "refuses_half_a_burst" {
  command = plan

  variables {
    throttle = { burst = 0.5 }
  }

  expect_failures = [var.throttle]
}
