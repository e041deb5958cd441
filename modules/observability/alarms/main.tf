locals {
  actions = [module.topic.arn]
  period  = var.thresholds.period_seconds
}

module "topic" {
  source = "../alarm_topic"

  kms_key_arn = var.kms_key_arn
  name        = var.name
  notify      = var.notify

  tags = var.tags
}
