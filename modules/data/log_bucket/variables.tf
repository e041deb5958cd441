variable "account_id" {
  description = "Account that owns the bucket and what is logged in it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "The account_id must be 12 digits."
  }
}

variable "after" {
  description = "Any value; the bucket is made only after the resources that the value comes from."
  type        = any
  default     = null
}

variable "force_destroy" {
  description = "Whether destroying the bucket also deletes every log in it."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the bucket, or null for SSE-S3, which logs of S3 and of load balancers require."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key, not of an alias, or null."
  }

  validation {
    condition = (
      var.kms_key_arn == null
      ? true
      : !contains([for writer in var.writers : writer.service], "logging.s3.amazonaws.com")
    )
    error_message = "The kms_key_arn must be null when logging.s3.amazonaws.com writes: S3 cannot deliver access logs to a bucket encrypted with KMS."
  }
}

variable "name" {
  description = "Name of the bucket, unique in all of AWS."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.name))
    error_message = "The name must have 3 to 63 lower-case letters, digits or '-', and start and end with a letter or digit."
  }

  validation {
    condition = !anytrue(concat(
      [for prefix in ["xn--", "sthree-", "amzn-s3-demo-"] : startswith(var.name, prefix)],
      [for suffix in ["-s3alias", "--ol-s3", "--x-s3", "--table-s3", "-an"] : endswith(var.name, suffix)],
    ))
    error_message = "The name must not start with xn--, sthree- or amzn-s3-demo-, nor end with -s3alias, --ol-s3, --x-s3, --table-s3 or -an, which S3 reserves."
  }
}

variable "retention_days" {
  description = "Days that a log is kept."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.retention_days >= 1 && floor(var.retention_days) == var.retention_days
    error_message = "The retention_days must be a whole number of at least 1."
  }
}

variable "writers" {
  description = <<-EOT
    Services that write logs, by the id of their statement in the bucket's policy.
    - `service`: Service principal, for example logging.s3.amazonaws.com.
    - `source_arns`: ARNs of the resources whose logs the service writes, which may contain *.
    - `acl`: Canned ACL that the service must send with each log, or null for none.
    - `prefix`: Prefix of the keys that the service may write.
  EOT
  type = map(object({
    service     = string
    source_arns = list(string)
    acl         = optional(string)
    prefix      = optional(string, "")
  }))
  nullable = false

  validation {
    condition     = length(var.writers) > 0 && alltrue([for id in keys(var.writers) : can(regex("^[A-Za-z0-9]+$", id))])
    error_message = "The writers must be one or more, each under an id of letters and digits."
  }

  validation {
    condition     = alltrue([for writer in var.writers : can(regex("^[a-z0-9.-]+\\.amazonaws\\.com$", writer.service))])
    error_message = "In writers, service must be an AWS service, for example logging.s3.amazonaws.com."
  }

  validation {
    condition = alltrue([
      for writer in var.writers : length(writer.source_arns) > 0 && alltrue([for arn in writer.source_arns : startswith(arn, "arn:")])
    ])
    error_message = "In writers, source_arns must be one or more ARNs of what is logged, which may contain *."
  }

  validation {
    condition     = alltrue([for writer in var.writers : !startswith(writer.prefix, "/")])
    error_message = "In writers, prefix must not start with /, because no key of a log does."
  }
}

variable "tags" {
  description = "Tags of the bucket, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
