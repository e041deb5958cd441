output "application_name" {
  description = "Name of the CodeDeploy application."
  value       = aws_codedeploy_app.this.name
}

output "appspec" {
  description = "The AppSpec of the release as JSON, or null when the candidate serves already."
  value       = var.candidate_version == var.serving_version ? null : local.appspec
}

output "deployment" {
  description = "The whole request for `aws deploy create-deployment --cli-input-json`, or null when the candidate serves already."
  value       = var.candidate_version == var.serving_version ? null : local.deployment

  # a release must not begin before what would take it back is there
  depends_on = [aws_codedeploy_deployment_group.this]
}

output "deployment_group_name" {
  description = "Name of the deployment group, which is that of the alias."
  value       = aws_codedeploy_deployment_group.this.deployment_group_name
}
