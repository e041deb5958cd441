# The deployment, its only stage, the logs, and the domain names that lead to it.

locals {
  # all that a deployment is a copy of: what changes here is served only once it is deployed anew
  deployed = {
    routes     = local.routes
    preflights = [local.preflights, local.preflight_headers, local.choose_origin, local.only_origin]
    errors     = [local.error_headers, local.errors]
    # the module's own share, and resources that were made anew
    module = [for file in ["cors.tf", "main.tf", "routes.tf"] : filesha256("${path.module}/${file}")]
    resources = [
      values(local.resource_ids),
      values(aws_api_gateway_method.route)[*].id,
      values(aws_api_gateway_method.preflight)[*].id,
      values(aws_api_gateway_model.body)[*].id,
      aws_api_gateway_request_validator.this.id,
    ]
  }

  access_log_format = {
    extended_request_id    = "$context.extendedRequestId"
    integration_error      = "$context.integration.error"
    integration_latency_ms = "$context.integration.latency"
    integration_status     = "$context.integration.status"
    ip                     = "$context.identity.sourceIp"
    latency_ms             = "$context.responseLatency"
    method                 = "$context.httpMethod"
    path                   = "$context.path"
    protocol               = "$context.protocol"
    reason                 = "$context.error.message"
    request_id             = "$context.requestId"
    response_length        = "$context.responseLength"
    route                  = "$context.httpMethod $context.resourcePath"
    status                 = "$context.status"
    time                   = "$context.requestTimeEpoch"
    user_agent             = "$context.identity.userAgent"
    xray_trace_id          = "$context.xrayTraceId"
  }
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id

  triggers = {
    deployed = sha256(jsonencode(local.deployed))
  }

  lifecycle {
    create_before_destroy = true
  }

  depends_on = [
    aws_api_gateway_gateway_response.error,
    aws_api_gateway_integration.route,
    aws_api_gateway_integration_response.preflight,
    aws_api_gateway_method_response.preflight,
  ]
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${var.name}"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.access_log_retention_days

  tags = var.tags
}

# API Gateway would make this group by itself, for ever and without a key
resource "aws_cloudwatch_log_group" "execution" {
  count = var.execution_logging == "OFF" ? 0 : 1

  name              = "API-Gateway-Execution-Logs_${aws_api_gateway_rest_api.this.id}/${var.stage_name}"
  kms_key_id        = var.kms_key_arn
  retention_in_days = var.access_log_retention_days

  tags = var.tags
}

# one setting for the whole account and region; without it a stage may not log
resource "aws_api_gateway_account" "this" {
  count = var.cloudwatch_role_arn == null ? 0 : 1

  cloudwatch_role_arn = var.cloudwatch_role_arn
}

resource "aws_api_gateway_stage" "this" {
  # checkov:skip=CKV_AWS_120:Answers differ by request and must be as fresh as the table, so nothing is cached.
  # checkov:skip=CKV2_AWS_29:A web application firewall is attached by the edge tier where a manifest asks for one.
  # checkov:skip=CKV2_AWS_51:Callers are browsers and services without client certificates.
  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = var.stage_name
  xray_tracing_enabled = var.tracing

  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format          = jsonencode(local.access_log_format)
  }

  tags = var.tags

  depends_on = [
    aws_api_gateway_account.this,
    aws_cloudwatch_log_group.execution,
  ]
}

resource "aws_api_gateway_method_settings" "this" {
  # checkov:skip=CKV_AWS_225:Answers differ by request and must be as fresh as the table, so nothing is cached.
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    data_trace_enabled     = false
    logging_level          = var.execution_logging
    metrics_enabled        = var.metrics
    throttling_burst_limit = var.throttle.burst
    throttling_rate_limit  = var.throttle.rate
  }
}

resource "aws_api_gateway_base_path_mapping" "this" {
  for_each = var.domain_names

  api_id      = aws_api_gateway_rest_api.this.id
  domain_name = each.key
  stage_name  = aws_api_gateway_stage.this.stage_name
}
