output "alias_arn" {
  description = "ARN of the key's alias."
  value       = aws_kms_alias.this.arn
}

output "alias_name" {
  description = "Name of the key's alias, with the prefix `alias/`."
  value       = aws_kms_alias.this.name
}

output "arn" {
  description = "ARN of the key, known to others only once its policy is in force."
  value       = aws_kms_key.this.arn
}

output "id" {
  description = "Identifier of the key."
  value       = aws_kms_key.this.key_id
}
