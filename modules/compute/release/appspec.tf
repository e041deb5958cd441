# What a runner submits to CodeDeploy; Terraform itself never moves the alias.

locals {
  hooks = {
    AfterAllowTraffic  = var.hooks.after_traffic
    BeforeAllowTraffic = var.hooks.before_traffic
  }

  appspec = jsonencode({
    version = "0.0"
    Resources = [{
      (var.function_name) = {
        Type = "AWS::Lambda::Function"
        Properties = {
          Alias          = var.alias_name
          CurrentVersion = var.serving_version
          Name           = var.function_name
          TargetVersion  = var.candidate_version
        }
      }
    }]
    Hooks = [for event, function in local.hooks : { (event) = function } if function != null]
  })

  # the body of CreateDeployment (CodeDeploy API Reference)
  deployment = jsonencode({
    applicationName     = aws_codedeploy_app.this.name
    deploymentGroupName = aws_codedeploy_deployment_group.this.deployment_group_name
    description         = "Version ${var.candidate_version} of ${var.function_name}, after ${var.serving_version}."
    revision = {
      revisionType   = "AppSpecContent"
      appSpecContent = { content = local.appspec, sha256 = sha256(local.appspec) }
    }
  })
}
