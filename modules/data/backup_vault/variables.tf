variable "break_glass_role_arns" {
  description = "ARNs of the only roles that deny_deletion leaves the deletion of recovery points to."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.break_glass_role_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", arn))])
    error_message = "The break_glass_role_arns must be ARNs of IAM roles."
  }

  validation {
    condition     = var.deny_deletion || length(var.break_glass_role_arns) == 0
    error_message = "The break_glass_role_arns need deny_deletion, without which everybody is left to delete."
  }
}

variable "deny_deletion" {
  description = "Whether the vault's policy denies everybody to delete recovery points by hand or to shorten their life."
  type        = bool
  default     = true
  nullable    = false
}

variable "force_destroy" {
  description = "Whether destroying the vault deletes the recovery points in it, instead of failing."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.force_destroy || !var.deny_deletion && var.lock == null
    error_message = "The force_destroy must be false with deny_deletion or a lock, which refuse what it would do."
  }
}

variable "kms_key_arn" {
  description = "ARN of this region's customer key, under which AWS Backup encrypts what is made in the vault or copied to it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "lock" {
  description = <<-EOT
    Vault lock in governance mode, or null for none.
    - `min_retention_days`: Days that a backup must be kept at least.
    - `max_retention_days`: Days that a backup may be kept at most, or null for no limit.
  EOT
  type = object({
    min_retention_days = number
    max_retention_days = optional(number)
  })
  default = null

  validation {
    condition = (
      var.lock == null ? true :
      var.lock.min_retention_days >= 1
      && var.lock.min_retention_days <= 36500
      && floor(var.lock.min_retention_days) == var.lock.min_retention_days
    )
    error_message = "The lock.min_retention_days must be a whole number from 1 to 36500."
  }

  validation {
    condition = (
      try(var.lock.max_retention_days, null) == null ? true :
      var.lock.max_retention_days >= var.lock.min_retention_days
      && var.lock.max_retention_days <= 36500
      && floor(var.lock.max_retention_days) == var.lock.max_retention_days
    )
    error_message = "The lock.max_retention_days must be a whole number from min_retention_days to 36500, or null."
  }
}

variable "name" {
  description = "Name of the vault, unique in its region and account."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{2,50}$", var.name))
    error_message = "The name must be 2 to 50 letters, digits, hyphens or underscores."
  }
}

variable "tags" {
  description = "Tags of the vault, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
