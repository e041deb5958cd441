# Standard logging v2: CloudWatch's log delivery writes to a bucket without access control lists.
# The v1 argument of a distribution needs a bucket that has them.

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  logs = var.logs == null ? {} : { this = var.logs }
}

module "logs" {
  source   = "../../data/log_bucket"
  for_each = local.logs

  account_id     = each.value.account_id
  after          = terraform_data.upstream
  force_destroy  = each.value.force_destroy
  kms_key_arn    = each.value.kms_key_arn
  name           = each.value.bucket_name
  retention_days = each.value.retention_days

  writers = {
    # word for word what log delivery asks for: it would add what it misses itself
    AWSLogDeliveryWrite = {
      service     = "delivery.logs.amazonaws.com"
      source_arns = ["arn:${data.aws_partition.current.partition}:logs:us-east-1:${each.value.account_id}:delivery-source:*"]
      acl         = "bucket-owner-full-control"
      prefix      = "AWSLogs/${each.value.account_id}/"
    }
  }

  tags = var.tags
}

resource "aws_cloudwatch_log_delivery_source" "this" {
  for_each = local.logs

  name         = var.name
  log_type     = "ACCESS_LOGS"
  resource_arn = aws_cloudfront_distribution.this.arn

  tags = var.tags

  lifecycle {
    precondition {
      condition     = data.aws_region.current.name == "us-east-1"
      error_message = "CloudFront's logs are delivered from us-east-1 only: call this module with a provider of that region, not of ${data.aws_region.current.name}."
    }
  }
}

resource "aws_cloudwatch_log_delivery_destination" "this" {
  for_each = local.logs

  name          = var.name
  output_format = "json"

  delivery_destination_configuration {
    destination_resource_arn = module.logs[each.key].arn
  }

  tags = var.tags
}

resource "aws_cloudwatch_log_delivery" "this" {
  for_each = local.logs

  delivery_source_name     = aws_cloudwatch_log_delivery_source.this[each.key].name
  delivery_destination_arn = aws_cloudwatch_log_delivery_destination.this[each.key].arn

  tags = var.tags
}
