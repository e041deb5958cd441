variable "account_id" {
  description = "Account that owns the function, its tables and its keys."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "The account_id must be 12 digits."
  }
}

variable "bucket_access" {
  description = <<-EOT
    Buckets that the function may use, by any label.
    - `bucket_name`: Name of the bucket.
    - `access`: read, write, read-write or probe.
    - `key_alias`: Alias of the bucket's key in this region without `alias/`.
  EOT
  type = map(object({
    bucket_name = string
    access      = string
    key_alias   = string
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for bucket in var.bucket_access : contains(["read", "write", "read-write", "probe"], bucket.access)
    ])
    error_message = "In bucket_access, access must be one of read, write, read-write, probe."
  }

  validation {
    condition = alltrue([
      for bucket in var.bucket_access : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", bucket.bucket_name))
    ])
    error_message = "In bucket_access, bucket_name must be 3 to 63 lower-case letters, digits, dots or hyphens."
  }

  validation {
    condition = alltrue([
      for bucket in var.bucket_access :
      can(regex("^[a-zA-Z0-9/_-]{1,250}$", bucket.key_alias)) && !startswith(bucket.key_alias, "alias/")
    ])
    error_message = "In bucket_access, key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }

  validation {
    condition     = length(distinct([for bucket in var.bucket_access : bucket.bucket_name])) == length(var.bucket_access)
    error_message = "In bucket_access, each bucket_name must appear once."
  }
}

variable "control_table" {
  description = <<-EOT
    Control table in which the function reads whether this region is admitted, or null for none.
    - `name`: Name of the table.
    - `key_alias`: Alias of the table's key in this region without `alias/`.
  EOT
  type = object({
    name      = string
    key_alias = string
  })
  default = null

  validation {
    condition     = var.control_table == null ? true : can(regex("^[a-zA-Z0-9_.-]{3,255}$", var.control_table.name))
    error_message = "The control_table.name must be 3 to 255 letters, digits, underscores, dots or hyphens."
  }

  validation {
    condition = (
      var.control_table == null
      ? true
      : can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.control_table.key_alias)) && !startswith(var.control_table.key_alias, "alias/")
    )
    error_message = "The control_table.key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }
}

variable "dead_letter_queue_name" {
  description = "Queue in the same region that failed events go to, or null when the function has none."
  type        = string
  default     = null

  validation {
    condition     = var.dead_letter_queue_name == null || can(regex("^[a-zA-Z0-9_-]{1,80}$", var.dead_letter_queue_name))
    error_message = "The dead_letter_queue_name must be 1 to 80 letters, digits, underscores or hyphens; FIFO queues cannot take failed events."
  }
}

variable "function_name" {
  description = "Function that takes the role on, which also names its log group."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,64}$", var.function_name))
    error_message = "The function_name must be 1 to 64 letters, digits, underscores or hyphens."
  }
}

variable "kms_alias" {
  description = "Alias, without its prefix `alias/`, of the regional key of environment variables and dead letters."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.kms_alias)) && !startswith(var.kms_alias, "alias/")
    error_message = "The kms_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }
}

variable "name" {
  description = "Name of the role, unique in the account because IAM is global."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9+=,.@_-]{1,64}$", var.name))
    error_message = "The name must be 1 to 64 letters, digits or one of + = , . @ _ -."
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
    error_message = "The permissions_boundary must be the ARN of an IAM policy, or null."
  }
}

variable "region" {
  description = "Region whose function takes the role on, and the only one whose resources it names."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", var.region))
    error_message = "The region must be an AWS region such as us-east-1."
  }
}

variable "secrets" {
  description = <<-EOT
    Secrets that the function may use, by any label.
    - `name`: Name of the secret.
    - `key_alias`: Alias of the secret's key in this region without `alias/`.
    - `access`: read, or rotate for a function that gives new passwords.
  EOT
  type = map(object({
    name      = string
    key_alias = string
    access    = optional(string, "read")
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for secret in var.secrets : contains(["read", "rotate"], secret.access)])
    error_message = "In secrets, access must be one of read, rotate."
  }

  validation {
    condition     = alltrue([for secret in var.secrets : can(regex("^[a-zA-Z0-9/_+=.@-]{1,512}$", secret.name))])
    error_message = "In secrets, name must be 1 to 512 letters, digits or one of / _ + = . @ -."
  }

  validation {
    condition = alltrue([
      for secret in var.secrets :
      can(regex("^[a-zA-Z0-9/_-]{1,250}$", secret.key_alias)) && !startswith(secret.key_alias, "alias/")
    ])
    error_message = "In secrets, key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }

  validation {
    condition     = length(distinct([for secret in var.secrets : secret.name])) == length(var.secrets)
    error_message = "In secrets, each name must appear once."
  }
}

variable "table_access" {
  description = <<-EOT
    DynamoDB tables that the function may use, by any label.
    - `table_name`: Name of the table.
    - `access`: read, write, read-write or probe.
    - `key_alias`: Alias of the table's key in this region without `alias/`.
  EOT
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
    error_message = "In table_access, access must be one of read, write, read-write, probe."
  }

  validation {
    condition = alltrue([
      for table in var.table_access : can(regex("^[a-zA-Z0-9_.-]{3,255}$", table.table_name))
    ])
    error_message = "In table_access, table_name must be 3 to 255 letters, digits, underscores, dots or hyphens."
  }

  validation {
    condition = alltrue([
      for table in var.table_access :
      can(regex("^[a-zA-Z0-9/_-]{1,250}$", table.key_alias)) && !startswith(table.key_alias, "alias/")
    ])
    error_message = "In table_access, key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }

  validation {
    condition     = length(distinct([for table in var.table_access : table.table_name])) == length(var.table_access)
    error_message = "In table_access, each table_name must appear once."
  }
}

variable "tracing" {
  description = "Whether the function may send traces to X-Ray."
  type        = bool
  default     = true
  nullable    = false
}

variable "vpc" {
  description = "Whether the function is connected to a VPC, for which Lambda manages network interfaces with the role."
  type        = bool
  default     = false
  nullable    = false
}

variable "tags" {
  description = "Tags of the role, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
