output "apply_role_arn" {
  description = "ARN of the role that applies, after an approval."
  value       = aws_iam_role.apply.arn

  depends_on = [
    aws_iam_role_policy.apply,
    aws_iam_role_policy.guard,
    aws_iam_role_policy_attachment.apply_reads,
    aws_iam_role_policy_attachment.apply_writes,
  ]
}

output "oidc_provider_arn" {
  description = "ARN of the provider that vouches for workflow runs."
  value       = local.provider_arn
}

output "plan_role_arn" {
  description = "ARN of the role that plans and looks for drift."
  value       = aws_iam_role.plan.arn

  depends_on = [aws_iam_role_policy.plan, aws_iam_role_policy_attachment.plan]
}

output "role_boundary_arn" {
  description = "ARN of the policy that every role of the environment has to be bounded by."
  value       = local.role_boundary

  depends_on = [aws_iam_policy.boundary]
}
