# What is seen of the regions from outside them, above their columns.

locals {
  checks_height = length(var.health_checks) == 0 ? 0 : local.row_height

  # Route 53 publishes the metrics of health checks in us-east-1 only
  check_widgets = length(var.health_checks) == 0 ? [] : [{
    type   = "metric"
    x      = 0
    y      = 0
    width  = local.grid_width
    height = local.checks_height
    properties = {
      title   = "Health checks (1 is healthy)"
      region  = "us-east-1"
      view    = "timeSeries"
      stacked = false
      period  = 60
      stat    = "Minimum"
      metrics = [
        for label in sort(keys(var.health_checks)) :
        ["AWS/Route53", "HealthCheckStatus", "HealthCheckId", var.health_checks[label], { label = label }]
      ]
      yAxis = { left = { min = 0, max = 1 } }
    }
  }]
}

locals {
  observers           = var.reachability == null ? {} : var.reachability.observers
  observer_columns    = max(1, min(length(local.observers), floor(local.grid_width / 6)))
  observer_width      = floor(local.grid_width / local.observer_columns)
  reachability_height = ceil(length(local.observers) / local.observer_columns) * local.row_height

  # the metric and its alarm are in the observer's region: one in the sick region could be as sick as it
  reachability_widgets = [
    for i, observer in sort(keys(local.observers)) : {
      type   = "metric"
      x      = (i % local.observer_columns) * local.observer_width
      y      = local.checks_height + floor(i / local.observer_columns) * local.row_height
      width  = local.observer_width
      height = local.row_height
      properties = {
        title   = "Regions as ${observer} reaches them (1 is reached)"
        region  = observer
        view    = "timeSeries"
        stacked = false
        period  = 60
        stat    = "Average"
        metrics = [
          for region in sort(local.observers[observer]) : [
            var.reachability.namespace, "RegionReachable", "Environment", var.reachability.environment, "Region", region,
            { label = region },
          ]
        ]
        yAxis       = { left = { min = 0, max = 1 } }
        annotations = { horizontal = [{ label = "alarm", value = 0.5, fill = "below" }] }
      }
    }
  ]
}
