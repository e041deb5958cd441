output "arn" {
  description = "ARN of the plan, known to others only once it has something to back up."
  value       = aws_backup_plan.this.arn

  depends_on = [aws_backup_selection.this]
}

output "id" {
  description = "Identifier of the plan."
  value       = aws_backup_plan.this.id

  depends_on = [aws_backup_selection.this]
}
