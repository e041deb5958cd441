# What browsers ask before they call the API, and what they may read of answers that the gateway itself gives.

locals {
  origins = sort(var.cors.origins)
  # AWS_PROXY answers carry the headers that their function sets
  preflights = length(local.origins) == 0 ? {} : {
    for path in distinct([for route in local.routes : route.path]) : path => join(",", sort(concat(
      ["OPTIONS"],
      [for route in local.routes : route.method if route.path == path],
    )))
  }
  only_origin = length(local.origins) == 1 ? "'${local.origins[0]}'" : null

  # a header has one value, so with several origins the template answers the one that asks, if it is allowed
  choose_origin = <<-EOT
    #set($origin = $input.params().header.get("origin"))
    #if(!$origin || $origin == "")
    #set($origin = $input.params().header.get("Origin"))
    #end
    #if(${join(" || ", [for origin in local.origins : "$origin == \"${origin}\""])})
    #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)
    #end
  EOT

  preflight_headers = merge(
    {
      "method.response.header.Access-Control-Allow-Headers" = "'${join(",", sort(var.cors.headers))}'"
      "method.response.header.Access-Control-Max-Age"       = "'${var.cors.max_age_seconds}'"
      "method.response.header.Vary"                         = "'Origin'"
    },
    local.only_origin == null ? {} : { "method.response.header.Access-Control-Allow-Origin" = local.only_origin },
  )

  # the gateway's own answers hold nothing but the error and its id, and their templates cannot choose
  error_headers = length(local.origins) == 0 ? {} : {
    "gatewayresponse.header.Access-Control-Allow-Origin" = coalesce(local.only_origin, "method.request.header.Origin")
    "gatewayresponse.header.Vary"                        = "'Origin'"
  }
  # API Gateway reports the status of a type that has one, the defaults cover many
  errors = {
    BAD_REQUEST_BODY = { status = "400", reason = "\"$context.error.validationErrorString\"" }
    DEFAULT_4XX      = { status = null, reason = "$context.error.messageString" }
    DEFAULT_5XX      = { status = null, reason = "$context.error.messageString" }
  }
}

resource "aws_api_gateway_method" "preflight" {
  for_each = local.preflights

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = local.resource_ids[each.key]
  http_method          = "OPTIONS"
  authorization        = "NONE"
  request_validator_id = aws_api_gateway_request_validator.this.id
}

resource "aws_api_gateway_integration" "preflight" {
  for_each = local.preflights

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = aws_api_gateway_method.preflight[each.key].resource_id
  http_method          = aws_api_gateway_method.preflight[each.key].http_method
  type                 = "MOCK"
  passthrough_behavior = "WHEN_NO_TEMPLATES"

  request_templates = {
    "application/json" = jsonencode({ statusCode = 204 })
  }
}

resource "aws_api_gateway_method_response" "preflight" {
  for_each = local.preflights

  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = aws_api_gateway_method.preflight[each.key].resource_id
  http_method = aws_api_gateway_method.preflight[each.key].http_method
  status_code = "204"

  response_parameters = {
    for header in concat(
      keys(local.preflight_headers), ["method.response.header.Access-Control-Allow-Methods"]
    ) : header => true
  }
}

resource "aws_api_gateway_integration_response" "preflight" {
  for_each = local.preflights

  rest_api_id = aws_api_gateway_rest_api.this.id
  resource_id = aws_api_gateway_integration.preflight[each.key].resource_id
  http_method = aws_api_gateway_integration.preflight[each.key].http_method
  status_code = aws_api_gateway_method_response.preflight[each.key].status_code

  response_parameters = merge(local.preflight_headers, {
    "method.response.header.Access-Control-Allow-Methods" = "'${each.value}'"
  })
  response_templates = local.only_origin == null ? { "application/json" = local.choose_origin } : {}
}

resource "aws_api_gateway_gateway_response" "error" {
  for_each = local.errors

  rest_api_id         = aws_api_gateway_rest_api.this.id
  response_type       = each.key
  status_code         = each.value.status
  response_parameters = local.error_headers

  response_templates = {
    "application/json" = "{\"error\":\"$context.error.responseType\",\"reason\":${each.value.reason},\"request_id\":\"$context.requestId\"}"
  }
}
