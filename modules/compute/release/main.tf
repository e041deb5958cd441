locals {
  # "canary" is a share first and the rest after the minutes, "linear" a share each time they pass
  shapes = {
    canary        = "CodeDeployDefault.LambdaCanary${var.shift.percent}Percent${var.shift.minutes}Minutes"
    linear        = "CodeDeployDefault.LambdaLinear${var.shift.percent}PercentEvery${var.shift.minutes}Minute${var.shift.minutes == 1 ? "" : "s"}"
    "all-at-once" = "CodeDeployDefault.LambdaAllAtOnce"
  }
  # what AWS has ready (CodeDeploy User Guide, "Working with deployment configurations in CodeDeploy")
  ready_made = contains([
    "canary 10 5", "canary 10 10", "canary 10 15", "canary 10 30",
    "linear 10 1", "linear 10 2", "linear 10 3", "linear 10 10",
  ], "${var.shift.kind} ${var.shift.percent} ${var.shift.minutes}") || var.shift.kind == "all-at-once"

  own_shape = "${var.name}-${var.shift.kind}-${var.shift.percent}-percent-${var.shift.minutes}-minutes"
}

resource "aws_codedeploy_app" "this" {
  name             = var.name
  compute_platform = "Lambda"

  tags = var.tags
}

# its name says all of it, since it cannot be changed and a group may still use the old one
resource "aws_codedeploy_deployment_config" "this" {
  count = local.ready_made ? 0 : 1

  deployment_config_name = local.own_shape
  compute_platform       = "Lambda"

  traffic_routing_config {
    type = var.shift.kind == "canary" ? "TimeBasedCanary" : "TimeBasedLinear"

    dynamic "time_based_canary" {
      for_each = var.shift.kind == "canary" ? [var.shift] : []

      content {
        interval   = time_based_canary.value.minutes
        percentage = time_based_canary.value.percent
      }
    }

    dynamic "time_based_linear" {
      for_each = var.shift.kind == "linear" ? [var.shift] : []

      content {
        interval   = time_based_linear.value.minutes
        percentage = time_based_linear.value.percent
      }
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_codedeploy_deployment_group" "this" {
  app_name               = aws_codedeploy_app.this.name
  deployment_config_name = local.ready_made ? local.shapes[var.shift.kind] : aws_codedeploy_deployment_config.this[0].deployment_config_name
  deployment_group_name  = var.alias_name
  service_role_arn       = var.role_arn

  # the only style that CodeDeploy has for functions
  deployment_style {
    deployment_option = "WITH_TRAFFIC_CONTROL"
    deployment_type   = "BLUE_GREEN"
  }

  auto_rollback_configuration {
    enabled = true
    events  = ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"]
  }

  # a release that nobody watches is stopped as well
  alarm_configuration {
    alarms                    = concat(local.own_alarm_names, var.alarms.further_alarm_names)
    enabled                   = true
    ignore_poll_alarm_failure = false
  }

  dynamic "trigger_configuration" {
    for_each = var.topic_arn == null ? [] : [var.topic_arn]

    content {
      trigger_events     = ["DeploymentFailure", "DeploymentRollback", "DeploymentStart", "DeploymentStop", "DeploymentSuccess"]
      trigger_name       = "releases"
      trigger_target_arn = trigger_configuration.value
    }
  }

  tags = var.tags
}
