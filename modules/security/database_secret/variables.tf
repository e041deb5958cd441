variable "database_name" {
  description = "Database that the user signs in to."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database_name))
    error_message = "The database_name must be 1 to 63 lower-case letters, digits or underscores and start with a letter."
  }
}

variable "description" {
  description = "Whose password it is, as shown in the Secrets Manager console."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.description) >= 1 && length(var.description) <= 2048
    error_message = "The description must have 1 to 2048 characters."
  }
}

variable "engine" {
  description = "Engine in the words of Secrets Manager: postgres or mysql."
  type        = string
  default     = "postgres"
  nullable    = false

  validation {
    condition     = contains(["postgres", "mysql"], var.engine)
    error_message = "The engine must be one of postgres, mysql."
  }
}

variable "kms_key_arn" {
  description = "ARN of this region's key, or of its alias."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key or of an alias."
  }
}

variable "name" {
  description = "Name of the secret, the same in every region, such as prod/orders/app."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_+=.@-]{1,80}$", var.name))
    error_message = "The name must be 1 to 80 letters, digits or one of / _ + = . @ -."
  }

  validation {
    condition     = !can(regex("-[a-zA-Z0-9]{6}$", var.name))
    error_message = "The name must not end in a hyphen and six characters, which Secrets Manager mistakes for the end of an ARN."
  }
}

variable "port" {
  description = "Port of the database's endpoints."
  type        = number
  default     = 5432
  nullable    = false

  validation {
    condition     = var.port >= 1150 && var.port <= 65535
    error_message = "The port must be from 1150 to 65535, the range of RDS."
  }
}

variable "recovery_window_days" {
  description = "Days in which a deleted secret can be restored, or 0 to delete it at once."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.recovery_window_days == 0 || (var.recovery_window_days >= 7 && var.recovery_window_days <= 30)
    error_message = "The recovery_window_days must be 0 or from 7 to 30."
  }
}

variable "replicas" {
  description = "Other regions that hold a replica, each with the ARN of a key or alias there."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for region in keys(var.replicas) : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", region))])
    error_message = "The replicas must be keyed by region, such as eu-west-1."
  }

  validation {
    condition = alltrue([
      for region, key in var.replicas : can(regex("^arn:aws[a-z-]*:kms:${region}:[0-9]{12}:(key|alias)/.+$", key))
    ])
    error_message = "The replicas must map each region to the ARN of a KMS key or alias of that region."
  }
}

variable "rotation" {
  description = <<-EOT
    Rotation of the user's password, or null for none.
    - `function_arn`: ARN of the function that gives the user a new password.
    - `days`: Days that a password lasts.
    - `immediately`: Whether the first password is replaced at once.
  EOT
  type = object({
    function_arn = string
    days         = optional(number, 30)
    immediately  = optional(bool, false)
  })
  default = null

  validation {
    condition     = var.rotation == null ? true : var.rotation.days >= 1 && var.rotation.days <= 1000 && floor(var.rotation.days) == var.rotation.days
    error_message = "The rotation.days must be a whole number from 1 to 1000."
  }

  validation {
    condition = (
      var.rotation == null
      ? true
      : can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_-]+(:[a-zA-Z0-9_-]+)?$", var.rotation.function_arn))
    )
    error_message = "The rotation.function_arn must be the ARN of a Lambda function or of an alias."
  }
}

variable "username" {
  description = "Name of the database user."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z][a-zA-Z0-9_]{0,62}$", var.username))
    error_message = "The username must be 1 to 63 letters, digits or underscores and start with a letter."
  }
}

variable "tags" {
  description = "Tags of the secret, also given to its replicas."
  type        = map(string)
  default     = {}
  nullable    = false
}
