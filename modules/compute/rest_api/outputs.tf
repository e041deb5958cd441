output "access_log_group_name" {
  description = "Name of the access log's group."
  value       = aws_cloudwatch_log_group.access.name
}

output "arn" {
  description = "ARN of the API."
  value       = aws_api_gateway_rest_api.this.arn
}

output "execution_arn" {
  description = "ARN under which methods of the API are named in permissions."
  value       = aws_api_gateway_rest_api.this.execution_arn
}

output "id" {
  description = "Identifier of the API."
  value       = aws_api_gateway_rest_api.this.id
}

output "invoke_url" {
  description = "URL of the stage at the execute-api endpoint, closed when the API has domain names."
  value       = aws_api_gateway_stage.this.invoke_url
}

output "name" {
  description = "Name of the API, by which CloudWatch keeps its metrics."
  value       = aws_api_gateway_rest_api.this.name
}

output "stage_arn" {
  description = "ARN of the stage, such as a web application firewall asks for."
  value       = aws_api_gateway_stage.this.arn
}

output "stage_name" {
  description = "Name of the stage."
  value       = aws_api_gateway_stage.this.stage_name
}
