output "arn" {
  description = "ARN of the vault, which plans of other regions name as the destination of copies."
  value       = aws_backup_vault.this.arn

  # what is put into the vault is protected from the first day
  depends_on = [aws_backup_vault_lock_configuration.this, aws_backup_vault_policy.this]
}

output "name" {
  description = "Name of the vault, known to others only once it is protected."
  value       = aws_backup_vault.this.name

  depends_on = [aws_backup_vault_lock_configuration.this, aws_backup_vault_policy.this]
}
