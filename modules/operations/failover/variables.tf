variable "alarm_minutes" {
  description = "Minutes in a row for which a region must be unreachable before its alarm goes off."
  type        = number
  default     = 2
  nullable    = false

  validation {
    condition     = var.alarm_minutes >= 1 && var.alarm_minutes <= 60 && floor(var.alarm_minutes) == var.alarm_minutes
    error_message = "The alarm_minutes must be a whole number from 1 to 60."
  }
}

variable "control_table" {
  description = <<-EOT
    Control table of this region.
    - `name`: Name of the table, the same in every voting region.
    - `kms_key_arn`: ARN of the key of this region that encrypts the table.
    - `deletion_protection`: Whether DynamoDB refuses to delete the table.
  EOT
  type = object({
    name                = string
    kms_key_arn         = string
    deletion_protection = optional(bool, true)
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{3,255}$", var.control_table.name))
    error_message = "The control_table.name must be 3 to 255 letters, digits, underscores, dots or hyphens."
  }

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.control_table.kms_key_arn))
    error_message = "The control_table.kms_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "enabled" {
  description = "Whether the controller is called; without it nobody in this region votes, renews the lease or takes over."
  type        = bool
  default     = true
  nullable    = false
}

variable "environment" {
  description = "Environment that the controller decides for, as its metrics have it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,64}$", var.environment))
    error_message = "The environment must be 1 to 64 letters, digits, underscores or hyphens."
  }
}

variable "function" {
  description = <<-EOT
    Function of the failover controller.
    - `name`: Name of the function.
    - `alias_name`: Name of the alias that is called.
    - `alias_arn`: ARN of the alias.
  EOT
  type = object({
    name       = string
    alias_name = optional(string, "live")
    alias_arn  = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,64}$", var.function.name))
    error_message = "The function.name must be 1 to 64 letters, digits, underscores or hyphens."
  }

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:lambda:[a-z0-9-]+:[0-9]{12}:function:[a-zA-Z0-9_-]+:[a-zA-Z0-9_-]+$", var.function.alias_arn))
    error_message = "The function.alias_arn must be the ARN of a Lambda function's alias."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the topic; its policy must let cloudwatch.amazonaws.com use it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "metric_namespace" {
  description = "Namespace in CloudWatch to which the controller publishes what it sees."
  type        = string
  default     = "Antipode/Failover"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9._/#:-]{1,255}$", var.metric_namespace)) && !startswith(var.metric_namespace, "AWS/")
    error_message = "The metric_namespace must be 1 to 255 letters, digits or one of . _ / # : -, and not start with AWS/."
  }
}

variable "name" {
  description = "Name of the rule, and prefix of the topic and of every alarm."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,64}$", var.name))
    error_message = "The name must be 1 to 64 letters, digits, underscores or hyphens."
  }
}

variable "notify" {
  description = "E-mail addresses that get every alarm; each must confirm its subscription once."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.notify : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "The notify must be e-mail addresses, for example oncall@example.com."
  }
}

variable "observed_regions" {
  description = "Other regions that this region's controller looks at, each with an alarm here."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for region in var.observed_regions : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", region))])
    error_message = "The observed_regions must be AWS regions such as us-east-1."
  }
}

variable "tick_seconds" {
  description = "Seconds between two looks of the controller."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.tick_seconds >= 1 && var.tick_seconds <= 30 && floor(var.tick_seconds) == var.tick_seconds
    error_message = "The tick_seconds must be a whole number from 1 to 30."
  }

  validation {
    condition     = try(60 % var.tick_seconds == 0, true)
    error_message = "The tick_seconds must divide a minute evenly: 1, 2, 3, 4, 5, 6, 10, 12, 15, 20 or 30."
  }
}

variable "tags" {
  description = "Tags of the table, the rule, the topic and the alarms, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
