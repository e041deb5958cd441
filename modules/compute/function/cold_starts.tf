# Lambda has no metric of cold starts; its report on an invocation tells of one by having this field.

resource "aws_cloudwatch_log_metric_filter" "cold_starts" {
  name           = "cold-starts"
  log_group_name = aws_cloudwatch_log_group.this.name
  pattern        = "{ $.type = \"platform.report\" && $.record.metrics.initDurationMs > 0 }"

  # the report does not name the function, and a dimension can only be taken from it
  metric_transformation {
    namespace = "Antipode/Functions"
    name      = "${var.name}-init-duration"
    value     = "$.record.metrics.initDurationMs"
    unit      = "Milliseconds"
  }
}
