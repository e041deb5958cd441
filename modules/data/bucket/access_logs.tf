# a log bucket of its own: logging a bucket to itself logs the logging
module "logs" {
  source = "../log_bucket"
  count  = var.access_logs.enabled ? 1 : 0

  account_id     = var.account_id
  force_destroy  = var.force_destroy
  name           = "${var.name}-logs"
  retention_days = var.access_logs.retention_days

  writers = {
    AccessLogsOfTheBucket = {
      service     = "logging.s3.amazonaws.com"
      source_arns = [aws_s3_bucket.this.arn]
    }
  }

  tags = var.tags
}

resource "aws_s3_bucket_logging" "this" {
  count = var.access_logs.enabled ? 1 : 0

  bucket        = aws_s3_bucket.this.id
  target_bucket = module.logs[0].name
  target_prefix = "access/"
}
