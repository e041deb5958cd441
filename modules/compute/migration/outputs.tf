output "result" {
  description = "What the function answered to its last run, as JSON."
  value       = aws_lambda_invocation.this.result
}
