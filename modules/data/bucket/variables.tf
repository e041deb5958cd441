variable "abort_uploads_days" {
  description = "Days after which an upload in parts that was never finished is removed."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = var.abort_uploads_days >= 1 && floor(var.abort_uploads_days) == var.abort_uploads_days
    error_message = "The abort_uploads_days must be a whole number of at least 1."
  }
}

variable "access_logs" {
  description = <<-EOT
    Log of the requests to the bucket, in a second bucket named like the first with -logs.
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
  description = "Account that owns the bucket, its key and the distributions that may read it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "The account_id must be 12 digits."
  }
}

variable "archive" {
  description = <<-EOT
    Archive tiers of Intelligent-Tiering, from which an object must be restored before it can be read.
    - `access_days`: Days without access until an object moves to the Archive Access tier, or null for never.
    - `deep_access_days`: Days without access until an object moves to the Deep Archive Access tier, or null for never.
  EOT
  type = object({
    access_days      = optional(number)
    deep_access_days = optional(number)
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for days in [var.archive.access_days] : days == null ? true : days >= 90 && days <= 730 && floor(days) == days
    ])
    error_message = "The archive.access_days must be a whole number from 90 to 730, or null."
  }

  validation {
    condition = alltrue([
      for days in [var.archive.deep_access_days] : days == null ? true : days >= 180 && days <= 730 && floor(days) == days
    ])
    error_message = "The archive.deep_access_days must be a whole number from 180 to 730, or null."
  }

  validation {
    condition     = var.intelligent_tiering || (var.archive.access_days == null && var.archive.deep_access_days == null)
    error_message = "In archive, the tiers belong to Intelligent-Tiering, so intelligent_tiering must be true."
  }
}

variable "cloudfront" {
  description = "Whether the account's CloudFront distributions may read the objects, through origin access control."
  type        = bool
  default     = false
  nullable    = false
}

variable "cors" {
  description = <<-EOT
    Web pages of other origins that may call the bucket directly, or null for none.
    - `origins`: Origins of the pages, such as https://www.example.com, or * for all.
    - `methods`: HTTP methods that the pages may use.
    - `headers`: Request headers that the pages may send.
    - `expose_headers`: Response headers that the pages may read.
    - `max_age_seconds`: Seconds that a browser may keep the answer to a preflight request.
  EOT
  type = object({
    origins         = list(string)
    methods         = optional(list(string), ["GET", "HEAD"])
    headers         = optional(list(string), [])
    expose_headers  = optional(list(string), ["ETag"])
    max_age_seconds = optional(number, 600)
  })
  default = null

  validation {
    condition = (
      var.cors == null
      ? true
      : length(var.cors.origins) > 0 && alltrue([
        for origin in var.cors.origins : can(regex("^(\\*|https?://[A-Za-z0-9.*-]+(:[0-9]{1,5})?)$", origin))
      ])
    )
    error_message = "The cors.origins must be one or more of the form https://www.example.com, or *."
  }

  validation {
    condition = (
      var.cors == null
      ? true
      : length(var.cors.methods) > 0 && length(setsubtract(var.cors.methods, ["DELETE", "GET", "HEAD", "POST", "PUT"])) == 0
    )
    error_message = "The cors.methods must be one or more of DELETE, GET, HEAD, POST, PUT."
  }

  validation {
    condition     = var.cors == null ? true : var.cors.max_age_seconds >= 0 && floor(var.cors.max_age_seconds) == var.cors.max_age_seconds
    error_message = "The cors.max_age_seconds must be a whole number of 0 or more."
  }
}

variable "force_destroy" {
  description = "Whether destroying the bucket also deletes every version of every object in it."
  type        = bool
  default     = false
  nullable    = false
}

variable "intelligent_tiering" {
  description = "Whether new objects go to Intelligent-Tiering, which moves what is not read to cheaper storage and back by itself."
  type        = bool
  default     = true
  nullable    = false
}

variable "kms_key_alias" {
  description = "Alias of the key, without its prefix `alias/`, by which an upload may name it besides kms_key_arn, or null."
  type        = string
  default     = null

  validation {
    condition = (
      var.kms_key_alias == null
      ? true
      : can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.kms_key_alias)) && !startswith(var.kms_key_alias, "alias/")
    )
    error_message = "The kms_key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/, or null."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the bucket, or of its alias where the key's own is not known."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(key|alias)/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key or of an alias."
  }
}

variable "missing_is_404" {
  description = "Whether CloudFront is told that a key is missing (404), which also lets it list the bucket, rather than forbidden (403)."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = var.cloudfront || !var.missing_is_404
    error_message = "The missing_is_404 setting is about CloudFront, so cloudfront must be true."
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

  validation {
    condition     = !var.access_logs.enabled || length(var.name) <= 58
    error_message = "The name must have at most 58 characters when access_logs is enabled, because -logs is added to it."
  }
}

variable "noncurrent_days" {
  description = "Days that a version is kept after it was replaced or deleted."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.noncurrent_days >= 1 && floor(var.noncurrent_days) == var.noncurrent_days
    error_message = "The noncurrent_days must be a whole number of at least 1."
  }
}

variable "object_lock" {
  description = <<-EOT
    Default retention of Object Lock, which cannot be switched off again for a bucket, or null for no lock.
    - `mode`: GOVERNANCE, which a privileged user can bypass, or COMPLIANCE, which nobody can.
    - `days`: Days in which a version can be neither deleted nor replaced.
  EOT
  type = object({
    mode = optional(string, "GOVERNANCE")
    days = number
  })
  default = null

  validation {
    condition     = var.object_lock == null ? true : contains(["COMPLIANCE", "GOVERNANCE"], var.object_lock.mode)
    error_message = "The object_lock.mode must be one of COMPLIANCE, GOVERNANCE."
  }

  validation {
    condition = (
      var.object_lock == null
      ? true
      : var.object_lock.days >= 1 && var.object_lock.days <= 36500 && floor(var.object_lock.days) == var.object_lock.days
    )
    error_message = "The object_lock.days must be a whole number from 1 to 36500."
  }
}

variable "tags" {
  description = "Tags of the buckets, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
