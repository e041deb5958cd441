output "alias_arn" {
  description = "ARN of the alias `live`."
  value       = local.alias.arn
}

output "alias_name" {
  description = "Name of the alias through which the function is called."
  value       = local.alias.name
}

output "arn" {
  description = "ARN of the function without a version."
  value       = aws_lambda_function.this.arn
}

output "code_sha256" {
  description = "SHA-256 of the deployed package in base64: what changes when the code does."
  value       = aws_lambda_function.this.source_code_hash
}

output "dead_letter_arn" {
  description = "ARN of the queue of failed events, or null."
  value       = one(aws_sqs_queue.dead_letter[*].arn)
}

output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "invoke_arn" {
  description = "ARN by which API Gateway invokes the alias `live`."
  value       = local.alias.invoke_arn
}

output "log_group_name" {
  description = "Name of the function's log group."
  value       = aws_cloudwatch_log_group.this.name
}

output "release" {
  description = "What CodeDeploy has to be asked for to release the published version, as JSON for `aws deploy create-deployment`, or null when it serves already or there is no canary."
  value       = one(module.release[*].deployment)
}

output "version" {
  description = "Version that the alias `live` points at."
  value       = local.alias.function_version
}
