locals {
  grid_width    = 24
  row_height    = 6
  header_height = 2

  # side by side as far as a column stays legible, further regions below
  columns      = min(length(var.regions), floor(local.grid_width / 6))
  column_width = floor(local.grid_width / local.columns)

  # each region's graphs, from top to bottom, the same in every region
  graphs = [
    for i, region in var.regions :
    concat(local.api_graphs[i], local.function_graphs[i], local.table_graphs[i], local.bucket_graphs[i], local.database_graphs[i])
  ]

  # rows that at least one region fills, so that what an environment lacks leaves no gap
  rows = [
    for row in range(length(local.graphs[0])) : row
    if anytrue([for graphs in local.graphs : length(graphs[row].metrics) > 0])
  ]

  block_height = local.header_height + local.row_height * length(local.rows)
  top_height   = local.checks_height + local.reachability_height
}

locals {
  region_widgets = flatten([
    for i, region in var.regions : concat(
      [{
        type   = "text"
        x      = (i % local.columns) * local.column_width
        y      = local.top_height + floor(i / local.columns) * local.block_height
        width  = local.column_width
        height = local.header_height
        properties = {
          markdown = "# ${region.region}\n${region.role}"
        }
      }],
      [
        for place, row in local.rows : {
          type   = "metric"
          x      = (i % local.columns) * local.column_width
          y      = local.top_height + floor(i / local.columns) * local.block_height + local.header_height + place * local.row_height
          width  = local.column_width
          height = local.row_height
          properties = {
            title   = local.graphs[i][row].title
            region  = region.region
            view    = "timeSeries"
            stacked = false
            period  = var.period_seconds
            stat    = local.graphs[i][row].stat
            metrics = local.graphs[i][row].metrics
            yAxis   = { left = { min = 0 } }
          }
          # CloudWatch refuses a graph without metrics: a lone table has no replica, a region may have no function
        } if length(local.graphs[i][row].metrics) > 0
      ],
    )
  ])
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    periodOverride = "inherit"
    start          = "-PT3H"
    widgets        = concat(local.check_widgets, local.reachability_widgets, local.region_widgets)
  })
}
