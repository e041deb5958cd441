variable "account_id" {
  description = "Account that owns the function, its tables and its keys."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "Account_id must be 12 digits."
  }
}

variable "dead_letter_queue_name" {
  description = "Queue in the same region that failed events go to, or null when the function has none."
  type        = string
  default     = null

  validation {
    condition     = var.dead_letter_queue_name == null || can(regex("^[a-zA-Z0-9_-]{1,80}$", var.dead_letter_queue_name))
    error_message = "Dead_letter_queue_name must be 1 to 80 letters, digits, underscores or hyphens; FIFO queues cannot take failed events."
  }
}

variable "function_name" {
  description = "Function that takes the role on, which also names its log group."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,64}$", var.function_name))
    error_message = "Function_name must be 1 to 64 letters, digits, underscores or hyphens."
  }
}

variable "kms_alias" {
  description = "Alias, without its prefix `alias/`, of the regional key of environment variables and dead letters."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.kms_alias)) && !startswith(var.kms_alias, "alias/")
    error_message = "Kms_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }
}

variable "name" {
  description = "Name of the role, unique in the account because IAM is global."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9+=,.@_-]{1,64}$", var.name))
    error_message = "Name must be 1 to 64 letters, digits or one of + = , . @ _ -."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds what the role can ever be given, or null."
  type        = string
  default     = null

  validation {
    condition = (
      var.permissions_boundary == null
      || can(regex("^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/.+$", var.permissions_boundary))
    )
    error_message = "Permissions_boundary must be the ARN of an IAM policy, or null."
  }
}

variable "region" {
  description = "Region whose function takes the role on, and the only one whose resources it names."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", var.region))
    error_message = "Region must be an AWS region such as us-east-1."
  }
}

variable "table_access" {
  description = "What the function may do with each DynamoDB table, by any label: its name, the access, and the alias of its key in this region without its prefix `alias/`."
  type = map(object({
    table_name = string
    access     = string
    key_alias  = string
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for table in var.table_access : contains(["read", "write", "read-write", "probe"], table.access)
    ])
    error_message = "Table_access: access must be one of read, write, read-write, probe."
  }

  validation {
    condition = alltrue([
      for table in var.table_access : can(regex("^[a-zA-Z0-9_.-]{3,255}$", table.table_name))
    ])
    error_message = "Table_access: table_name must be 3 to 255 letters, digits, underscores, dots or hyphens."
  }

  validation {
    condition = alltrue([
      for table in var.table_access :
      can(regex("^[a-zA-Z0-9/_-]{1,250}$", table.key_alias)) && !startswith(table.key_alias, "alias/")
    ])
    error_message = "Table_access: key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }

  validation {
    condition     = length(distinct([for table in var.table_access : table.table_name])) == length(var.table_access)
    error_message = "Table_access: each table_name must appear once."
  }
}

variable "tracing" {
  description = "Whether the function may send traces to X-Ray."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags of the role, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
