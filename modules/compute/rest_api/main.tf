locals {
  # { "GET /items/{id}" = { method = "GET", path = "/items/{id}", ... } }
  routes = {
    for key, route in var.routes : key => merge(route, {
      method = split(" ", key)[0]
      path   = split(" ", key)[1]
      # a readable name that stays unique when the path loses its punctuation
      slug = format(
        "%s-%s",
        substr(join("-", regexall("[A-Za-z0-9]+", key)), 0, 60),
        substr(sha256(key), 0, 6),
      )
      parameters = flatten(regexall("\\{([A-Za-z0-9_]+)\\}", key))
    })
  }

  # every path that a route has or passes through, without the root: /items, /items/{id}
  paths = toset(flatten([
    for route in values(local.routes) : [
      for level in range(1, length(split("/", route.path))) :
      join("/", slice(split("/", route.path), 0, level + 1))
    ] if route.path != "/"
  ]))
  paths_by_level = {
    for level in range(1, 5) : level => toset([for path in local.paths : path if length(split("/", path)) == level + 1])
  }

  resource_ids = merge(
    { "/" = aws_api_gateway_rest_api.this.root_resource_id },
    { for path, resource in aws_api_gateway_resource.level_1 : path => resource.id },
    { for path, resource in aws_api_gateway_resource.level_2 : path => resource.id },
    { for path, resource in aws_api_gateway_resource.level_3 : path => resource.id },
    { for path, resource in aws_api_gateway_resource.level_4 : path => resource.id },
  )
}

resource "aws_api_gateway_rest_api" "this" {
  name                         = var.name
  description                  = "REST API ${var.name}."
  disable_execute_api_endpoint = length(var.domain_names) > 0

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  tags = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

# one block for each level, because a resource cannot be the parent of others of its own block

resource "aws_api_gateway_resource" "level_1" {
  for_each = local.paths_by_level[1]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_rest_api.this.root_resource_id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level_2" {
  for_each = local.paths_by_level[2]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.level_1[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level_3" {
  for_each = local.paths_by_level[3]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.level_2[dirname(each.key)].id
  path_part   = basename(each.key)
}

resource "aws_api_gateway_resource" "level_4" {
  for_each = local.paths_by_level[4]

  rest_api_id = aws_api_gateway_rest_api.this.id
  parent_id   = aws_api_gateway_resource.level_3[dirname(each.key)].id
  path_part   = basename(each.key)
}
