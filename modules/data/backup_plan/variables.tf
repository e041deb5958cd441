variable "cold_storage_after_days" {
  description = "Days after which backups move to cold storage where their type has one, or null for never."
  type        = number
  default     = null

  validation {
    condition     = var.cold_storage_after_days == null ? true : var.cold_storage_after_days >= 1 && floor(var.cold_storage_after_days) == var.cold_storage_after_days
    error_message = "The cold_storage_after_days must be a whole number of 1 or more, or null."
  }

  validation {
    condition     = var.cold_storage_after_days == null ? true : var.delete_after_days - var.cold_storage_after_days >= 90
    error_message = "The cold_storage_after_days must be 90 or more below delete_after_days, the least time in cold storage."
  }
}

variable "completion_window_minutes" {
  description = "Minutes in which a backup that has begun must be complete, or it is cancelled."
  type        = number
  default     = 1440
  nullable    = false

  validation {
    condition     = var.completion_window_minutes >= var.start_window_minutes + 60 && floor(var.completion_window_minutes) == var.completion_window_minutes
    error_message = "The completion_window_minutes must be a whole number, 60 or more above start_window_minutes."
  }
}

variable "copies" {
  description = <<-EOT
    Vaults of other regions that get a copy of each backup, by region.
    - `vault_arn`: ARN of the vault in that region.
    - `delete_after_days`: Days that a copy is kept.
    - `cold_storage_after_days`: Days until a copy moves to cold storage, or null for never.
  EOT
  type = map(object({
    vault_arn               = string
    delete_after_days       = number
    cold_storage_after_days = optional(number)
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for region, copy in var.copies :
      can(regex("^arn:aws[a-z-]*:backup:${region}:[0-9]{12}:backup-vault:[a-zA-Z0-9_-]{2,50}$", copy.vault_arn))
    ])
    error_message = "In copies, vault_arn must be the ARN of a backup vault in the region that it stands under."
  }

  validation {
    condition = alltrue([
      for copy in var.copies :
      copy.delete_after_days >= 1 && copy.delete_after_days <= 36500 && floor(copy.delete_after_days) == copy.delete_after_days
    ])
    error_message = "In copies, delete_after_days must be a whole number from 1 to 36500."
  }

  validation {
    condition = alltrue([
      for copy in var.copies :
      copy.cold_storage_after_days == null ? true :
      copy.cold_storage_after_days >= 1 && copy.delete_after_days - copy.cold_storage_after_days >= 90
    ])
    error_message = "In copies, cold_storage_after_days must be 1 or more, and 90 or more below delete_after_days."
  }
}

variable "delete_after_days" {
  description = "Days that backups are kept in the vault of this region."
  type        = number
  nullable    = false

  validation {
    condition     = var.delete_after_days >= 1 && var.delete_after_days <= 36500 && floor(var.delete_after_days) == var.delete_after_days
    error_message = "The delete_after_days must be a whole number from 1 to 36500."
  }
}

variable "name" {
  description = "Name of the plan and of its selection."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{1,50}$", var.name))
    error_message = "The name must be 1 to 50 letters, digits, hyphens, underscores or dots."
  }
}

variable "resource_arns" {
  description = "ARNs of the tables and database clusters of this region that are backed up."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.resource_arns) >= 1 && length(var.resource_arns) <= 500
    error_message = "The resource_arns must have 1 to 500 ARNs, what one selection takes."
  }

  validation {
    condition = alltrue([
      for arn in var.resource_arns :
      can(regex("^arn:aws[a-z-]*:(dynamodb:[a-z0-9-]+:[0-9]{12}:table/[a-zA-Z0-9_.-]+|rds:[a-z0-9-]+:[0-9]{12}:cluster:[a-z0-9-]+)$", arn))
    ])
    error_message = "The resource_arns must be ARNs of DynamoDB tables or of Aurora clusters, without wildcards."
  }
}

variable "role_arn" {
  description = "ARN of the role that AWS Backup takes on, as security/backup_role makes it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.role_arn))
    error_message = "The role_arn must be the ARN of an IAM role."
  }
}

variable "schedule" {
  description = "When backups are made, as a cron expression in UTC."
  type        = string
  default     = "cron(0 5 ? * * *)"
  nullable    = false

  validation {
    condition     = can(regex("^cron\\([0-9*,/-]+ [0-9*,/-]+ [0-9LW*?,/-]+ [0-9A-Z*,/-]+ [0-9A-Z*?#,/-]+ [0-9*,/-]+\\)$", var.schedule))
    error_message = "The schedule must be a cron expression of six fields such as cron(0 5 ? * * *)."
  }
}

variable "start_window_minutes" {
  description = "Minutes in which a backup must begin, or it is left out."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.start_window_minutes >= 60 && floor(var.start_window_minutes) == var.start_window_minutes
    error_message = "The start_window_minutes must be a whole number of 60 or more."
  }
}

variable "vault_name" {
  description = "Name of the vault of this region that backups are made in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{2,50}$", var.vault_name))
    error_message = "The vault_name must be the name of a vault, not its ARN."
  }
}

variable "tags" {
  description = "Tags of the plan, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
