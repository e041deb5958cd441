locals {
  grid_width = 24
  row_height = 6

  # side by side as far as a column stays legible, further regions below
  columns      = min(length(var.regions), floor(local.grid_width / 6))
  column_width = floor(local.grid_width / local.columns)

  checks_height = length(var.health_checks) == 0 ? 0 : local.row_height

  graphs = [
    for region in var.regions : [
      {
        title = "Requests"
        stat  = "Sum"
        metrics = [
          ["AWS/ApiGateway", "Count", "ApiName", region.api_name, "Stage", region.stage_name, { label = "requests" }],
        ]
      },
      {
        title = "API errors"
        stat  = "Sum"
        metrics = [
          for name, label in { "4XXError" = "client errors", "5XXError" = "server errors" } :
          ["AWS/ApiGateway", name, "ApiName", region.api_name, "Stage", region.stage_name, { label = label }]
        ]
      },
      {
        title = "API latency (ms)"
        stat  = "p50"
        metrics = [
          for stat in ["p50", "p99"] :
          ["AWS/ApiGateway", "Latency", "ApiName", region.api_name, "Stage", region.stage_name, { label = stat, stat = stat }]
        ]
      },
      {
        title = "Function errors and throttles"
        stat  = "Sum"
        metrics = flatten([
          for name in sort(region.functions) : [
            for metric in ["Errors", "Throttles"] :
            { metric = ["AWS/Lambda", metric, "FunctionName", name, { label = "${name} ${lower(metric)}" }] }
          ]
        ])[*].metric
      },
      {
        title = "Function duration, p99 (ms)"
        stat  = "p99"
        metrics = [
          for name in sort(region.functions) : ["AWS/Lambda", "Duration", "FunctionName", name, { label = name }]
        ]
      },
      {
        title = "Table throttles"
        stat  = "Sum"
        metrics = flatten([
          for table in sort(region.tables) : [
            for metric in ["ReadThrottleEvents", "WriteThrottleEvents"] :
            { metric = ["AWS/DynamoDB", metric, "TableName", table, { label = "${table} ${metric}" }] }
          ]
        ])[*].metric
      },
      {
        title = "Replication latency to other regions (ms)"
        stat  = "Average"
        metrics = flatten([
          for table in sort(region.tables) : [
            for other in var.regions : {
              metric = [
                "AWS/DynamoDB", "ReplicationLatency", "TableName", table, "ReceivingRegion", other.region,
                { label = "${table} to ${other.region}" },
              ]
            } if other.region != region.region && contains(other.tables, table)
          ]
        ])[*].metric
      },
    ]
  ]

  block_height = 2 + local.row_height * length(local.graphs[0])
}

locals {
  # CloudWatch refuses a graph without metrics: a lone table has no replica, a region may have no function
  region_widgets = flatten([
    for i, region in var.regions : concat(
      [{
        type   = "text"
        x      = (i % local.columns) * local.column_width
        y      = local.checks_height + floor(i / local.columns) * local.block_height
        width  = local.column_width
        height = 2
        properties = {
          markdown = "# ${region.region}\n${region.role}"
        }
      }],
      [
        for row, graph in local.graphs[i] : {
          type   = "metric"
          x      = (i % local.columns) * local.column_width
          y      = local.checks_height + floor(i / local.columns) * local.block_height + 2 + row * local.row_height
          width  = local.column_width
          height = local.row_height
          properties = {
            title   = graph.title
            region  = region.region
            view    = "timeSeries"
            stacked = false
            period  = var.period_seconds
            stat    = graph.stat
            metrics = graph.metrics
            yAxis   = { left = { min = 0 } }
          }
        } if length(graph.metrics) > 0
      ],
    )
  ])

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

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    periodOverride = "inherit"
    start          = "-PT3H"
    widgets        = concat(local.check_widgets, local.region_widgets)
  })
}
