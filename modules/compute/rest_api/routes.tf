# Methods: what a request must have, the function that answers it, and the permission to call that function.

resource "aws_api_gateway_request_validator" "this" {
  name                        = "everything"
  rest_api_id                 = aws_api_gateway_rest_api.this.id
  validate_request_body       = true
  validate_request_parameters = true
}

resource "aws_api_gateway_model" "body" {
  for_each = { for key, route in local.routes : key => route if route.body_schema != null }

  rest_api_id  = aws_api_gateway_rest_api.this.id
  name         = replace(each.value.slug, "-", "")
  description  = "Body of ${each.key}."
  content_type = "application/json"
  schema       = each.value.body_schema
}

resource "aws_api_gateway_method" "route" {
  # checkov:skip=CKV_AWS_59:Public routes are the caller's choice, per route in `authorization`; health checkers cannot sign requests.
  for_each = local.routes

  rest_api_id          = aws_api_gateway_rest_api.this.id
  resource_id          = local.resource_ids[each.value.path]
  http_method          = each.value.method
  authorization        = each.value.authorization
  request_validator_id = aws_api_gateway_request_validator.this.id

  # $default too, otherwise a body of any other content type would pass unchecked
  request_models = {
    for content_type in ["$default", "application/json"] : content_type => aws_api_gateway_model.body[each.key].name
    if each.value.body_schema != null
  }

  request_parameters = merge(
    { for name in each.value.parameters : "method.request.path.${name}" => true },
    { for name in each.value.required_query_parameters : "method.request.querystring.${name}" => true },
    { for name in each.value.required_headers : "method.request.header.${name}" => true },
  )
}

resource "aws_api_gateway_integration" "route" {
  for_each = local.routes

  rest_api_id             = aws_api_gateway_rest_api.this.id
  resource_id             = aws_api_gateway_method.route[each.key].resource_id
  http_method             = aws_api_gateway_method.route[each.key].http_method
  type                    = "AWS_PROXY"
  integration_http_method = "POST"
  uri                     = each.value.invoke_arn
}

# the only resource that waits for functions: were the deployment to depend on them, its create_before_destroy would
# reach them, and a function that has to be made anew could not be, because its name would still be taken
resource "aws_lambda_permission" "route" {
  for_each = local.routes

  statement_id  = "${substr(var.name, 0, 32)}-${each.value.slug}"
  action        = "lambda:InvokeFunction"
  function_name = each.value.function_name
  qualifier     = lookup(var.aliases, each.value.function_name, each.value.alias)
  principal     = "apigateway.amazonaws.com"
  source_arn = format(
    "%s/%s/%s%s",
    aws_api_gateway_rest_api.this.execution_arn,
    var.stage_name,
    each.value.method,
    replace(each.value.path, "/\\{[^}]+\\}/", "*"),
  )
}
