variable "access_logs" {
  description = <<-EOT
    Log of the requests to the state, in a second bucket named like the first with -logs.
    - `enabled`: Whether requests are logged.
    - `retention_days`: Days that a log is kept.
  EOT
  type = object({
    enabled        = optional(bool, false)
    retention_days = optional(number, 365)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.access_logs.retention_days >= 1 && floor(var.access_logs.retention_days) == var.access_logs.retention_days
    error_message = "The access_logs.retention_days must be a whole number of at least 1."
  }
}

variable "account_id" {
  description = "Account that owns the bucket and its key."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "The account_id must be 12 digits."
  }
}

variable "bucket_name" {
  description = "Name of the bucket, unique in all of AWS."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket_name))
    error_message = "The bucket_name must have 3 to 63 lower-case letters, digits or '-', and start and end with a letter or digit."
  }

  validation {
    condition = !anytrue(concat(
      [for prefix in ["xn--", "sthree-", "amzn-s3-demo-"] : startswith(var.bucket_name, prefix)],
      [for suffix in ["-s3alias", "--ol-s3", "--x-s3", "--table-s3", "-an"] : endswith(var.bucket_name, suffix)],
    ))
    error_message = "The bucket_name must not start with xn--, sthree- or amzn-s3-demo-, nor end with -s3alias, --ol-s3, --x-s3, --table-s3 or -an, which S3 reserves."
  }

  validation {
    condition     = !var.access_logs.enabled || length(var.bucket_name) <= 58
    error_message = "The bucket_name must have at most 58 characters when access_logs is enabled, because -logs is added to it."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket also deletes every version of every state in it."
  type        = bool
  default     = false
  nullable    = false
}

variable "key_deletion_window_days" {
  description = "Days during which a deleted key, and with it the state, can still be saved."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition = (
      var.key_deletion_window_days >= 7 && var.key_deletion_window_days <= 30
      && floor(var.key_deletion_window_days) == var.key_deletion_window_days
    )
    error_message = "The key_deletion_window_days must be a whole number from 7 to 30."
  }
}

variable "kms_alias" {
  description = "Alias of the bucket's key, without alias/."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.kms_alias))
    error_message = "The kms_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens."
  }

  validation {
    condition     = !startswith(var.kms_alias, "alias/") && !startswith(var.kms_alias, "aws/")
    error_message = "The kms_alias must not start with alias/, which the module adds, nor with aws/, which AWS reserves."
  }
}

variable "noncurrent_retention_days" {
  description = "Days that an older version of a state is kept after it was replaced."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.noncurrent_retention_days >= 1 && floor(var.noncurrent_retention_days) == var.noncurrent_retention_days
    error_message = "The noncurrent_retention_days must be a whole number of at least 1."
  }
}

variable "noncurrent_versions_kept" {
  description = "Older versions of each state that are kept however old they are."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition = (
      var.noncurrent_versions_kept >= 1 && var.noncurrent_versions_kept <= 100
      && floor(var.noncurrent_versions_kept) == var.noncurrent_versions_kept
    )
    error_message = "The noncurrent_versions_kept must be a whole number from 1 to 100."
  }
}

variable "plans_retention_days" {
  description = "Days that saved plans below plans/ are kept, or null where none are kept in the bucket."
  type        = number
  default     = null

  validation {
    condition = (
      var.plans_retention_days == null
      || try(var.plans_retention_days >= 1 && floor(var.plans_retention_days) == var.plans_retention_days, false)
    )
    error_message = "The plans_retention_days must be a whole number of at least 1, or null."
  }
}

variable "tags" {
  description = "Tags of the buckets and the key."
  type        = map(string)
  default     = {}
  nullable    = false
}
