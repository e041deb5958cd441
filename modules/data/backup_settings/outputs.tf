output "region" {
  description = "Region that the settings are of."
  value       = aws_backup_region_settings.this.id
}
