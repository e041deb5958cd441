# DynamoDB copies the write settings to every replica; replicas inherit the read settings
locals {
  dimensions = {
    read  = { units = "ReadCapacityUnits", metric = "DynamoDBReadCapacityUtilization", capacity = var.read_capacity }
    write = { units = "WriteCapacityUnits", metric = "DynamoDBWriteCapacityUtilization", capacity = var.write_capacity }
  }
  scalable = merge(
    { table = { kind = "table", path = "" } },
    { for name in keys(var.global_secondary_indexes) : "index/${name}" => { kind = "index", path = "/index/${name}" } },
  )
  scaling = merge([
    for label, resource in local.scalable : {
      for direction, dimension in local.dimensions : "${label}/${direction}" => {
        dimension   = "dynamodb:${resource.kind}:${dimension.units}"
        max         = dimension.capacity.max
        metric      = dimension.metric
        min         = dimension.capacity.min
        resource_id = "table/${aws_dynamodb_table.this.name}${resource.path}"
        target      = dimension.capacity.target
      }
    }
  ]...)
}

resource "aws_appautoscaling_target" "this" {
  for_each = local.scaling

  min_capacity       = each.value.min
  max_capacity       = each.value.max
  resource_id        = each.value.resource_id
  scalable_dimension = each.value.dimension
  service_namespace  = "dynamodb"

  tags = var.tags
}

resource "aws_appautoscaling_policy" "this" {
  for_each = local.scaling

  name               = "${each.value.metric}:${each.value.resource_id}"
  policy_type        = "TargetTrackingScaling"
  resource_id        = aws_appautoscaling_target.this[each.key].resource_id
  scalable_dimension = aws_appautoscaling_target.this[each.key].scalable_dimension
  service_namespace  = aws_appautoscaling_target.this[each.key].service_namespace

  target_tracking_scaling_policy_configuration {
    target_value = each.value.target

    predefined_metric_specification {
      predefined_metric_type = each.value.metric
    }
  }
}
