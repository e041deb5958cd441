output "arn" {
  description = "ARN of the role."
  value       = aws_iam_role.this.arn

  # whoever is given the role may use it at once, so its permissions have to be there
  depends_on = [aws_iam_role_policy.this]
}

output "name" {
  description = "Name of the role."
  value       = aws_iam_role.this.name
}
