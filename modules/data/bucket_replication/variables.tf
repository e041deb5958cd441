variable "delete_markers" {
  description = "Whether a deletion in the source, which leaves a marker there, is replicated."
  type        = bool
  default     = true
  nullable    = false
}

variable "destination" {
  description = <<-EOT
    Bucket that receives the replicas.
    - `bucket_arn`: ARN of the bucket.
    - `kms_key_alias_arn`: ARN of the key that encrypts replicas, in the region of the bucket, or of its alias.
    - `account_id`: Account that owns the bucket, or null for the account of the role.
  EOT
  type = object({
    bucket_arn        = string
    kms_key_alias_arn = string
    account_id        = optional(string)
  })
  nullable = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.destination.bucket_arn))
    error_message = "The destination.bucket_arn must be the ARN of a bucket."
  }

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(alias|key)/.+$", var.destination.kms_key_alias_arn))
    error_message = "The destination.kms_key_alias_arn must be the ARN of an alias or of a KMS key."
  }

  validation {
    condition     = var.destination.account_id == null || can(regex("^[0-9]{12}$", var.destination.account_id))
    error_message = "The destination.account_id must be 12 digits, or null."
  }
}

variable "further_destinations" {
  description = <<-EOT
    Further buckets that receive replicas of the same source, by any label; a bucket has one replication configuration.
    - `bucket_arn`: ARN of the bucket.
    - `kms_key_alias_arn`: ARN of the key that encrypts replicas, in the region of the bucket, or of its alias.
    - `account_id`: Account that owns the bucket, or null for the account of the role.
  EOT
  type = map(object({
    bucket_arn        = string
    kms_key_alias_arn = string
    account_id        = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for destination in var.further_destinations :
      can(regex("^arn:aws[a-z-]*:s3:::[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", destination.bucket_arn))
    ])
    error_message = "In further_destinations, bucket_arn must be the ARN of a bucket."
  }

  validation {
    condition = alltrue([
      for destination in var.further_destinations :
      can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:(alias|key)/.+$", destination.kms_key_alias_arn))
    ])
    error_message = "In further_destinations, kms_key_alias_arn must be the ARN of an alias or of a KMS key."
  }

  validation {
    condition = alltrue([
      for destination in var.further_destinations :
      destination.account_id == null || can(regex("^[0-9]{12}$", destination.account_id))
    ])
    error_message = "In further_destinations, account_id must be 12 digits, or null."
  }

  validation {
    condition = length(distinct(concat(
      [var.destination.bucket_arn], [for destination in var.further_destinations : destination.bucket_arn],
    ))) == length(var.further_destinations) + 1
    error_message = "In further_destinations, each bucket_arn must appear once, and not that of destination."
  }
}

variable "prefix" {
  description = "Beginning of the keys that are replicated, empty for all."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = length(var.prefix) <= 1024 && !startswith(var.prefix, "/")
    error_message = "The prefix must have at most 1024 characters and not start with a slash, which no key does."
  }
}

variable "priority" {
  description = "Priority of the rule for `destination`; those of further destinations count up from it."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.priority >= 0 && floor(var.priority) == var.priority
    error_message = "The priority must be a whole number of 0 or more."
  }
}

variable "replica_modifications" {
  description = "Whether a change of a replica's tags or metadata goes back to where the object came from, which takes a rule in both directions."
  type        = bool
  default     = true
  nullable    = false
}

variable "role_arn" {
  description = "ARN of the role that S3 takes on to replicate, as security/replication_role makes it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.role_arn))
    error_message = "The role_arn must be the ARN of an IAM role."
  }
}

variable "source_bucket" {
  description = "Name of the bucket whose objects are replicated; it must be versioned."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.source_bucket))
    error_message = "The source_bucket must be the name of a bucket, not its ARN."
  }

  validation {
    condition     = !endswith(var.destination.bucket_arn, ":::${var.source_bucket}")
    error_message = "The source_bucket must not be the destination."
  }
}

variable "time_control" {
  description = "Whether S3 commits to replicate nearly everything within 15 minutes and reports what it does not."
  type        = bool
  default     = true
  nullable    = false
}
