variable "account_id" {
  description = "Account that owns the source, the role and, unless it says otherwise, the destination."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "The account_id must be 12 digits."
  }
}

variable "destination" {
  description = <<-EOT
    Bucket that receives the replicas.
    - `bucket`: Name of the bucket.
    - `key_alias`: Alias of the bucket's key without `alias/`.
    - `region`: Region of the bucket.
    - `account_id`: Account that owns the bucket, or null for the account of the role.
  EOT
  type = object({
    bucket     = string
    key_alias  = string
    region     = string
    account_id = optional(string)
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.destination.bucket))
    error_message = "The destination.bucket must be the name of a bucket, not its ARN."
  }

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.destination.key_alias)) && !startswith(var.destination.key_alias, "alias/")
    error_message = "The destination.key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", var.destination.region))
    error_message = "The destination.region must be an AWS region such as us-east-1."
  }

  validation {
    condition     = var.destination.account_id == null || can(regex("^[0-9]{12}$", var.destination.account_id))
    error_message = "The destination.account_id must be 12 digits, or null."
  }
}

variable "further_destinations" {
  description = <<-EOT
    Further buckets that receive replicas of the same source, by any label.
    - `bucket`: Name of the bucket.
    - `key_alias`: Alias of the bucket's key without `alias/`.
    - `region`: Region of the bucket.
    - `account_id`: Account that owns the bucket, or null for the account of the role.
  EOT
  type = map(object({
    bucket     = string
    key_alias  = string
    region     = string
    account_id = optional(string)
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for destination in var.further_destinations : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", destination.bucket))
    ])
    error_message = "In further_destinations, bucket must be the name of a bucket, not its ARN."
  }

  validation {
    condition = alltrue([
      for destination in var.further_destinations : can(regex("^[a-zA-Z0-9/_-]{1,250}$", destination.key_alias)) && !startswith(destination.key_alias, "alias/")
    ])
    error_message = "In further_destinations, key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }

  validation {
    condition = alltrue([
      for destination in var.further_destinations : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", destination.region))
    ])
    error_message = "In further_destinations, region must be an AWS region such as us-east-1."
  }

  validation {
    condition = alltrue([
      for destination in var.further_destinations : destination.account_id == null || can(regex("^[0-9]{12}$", destination.account_id))
    ])
    error_message = "In further_destinations, account_id must be 12 digits, or null."
  }

  validation {
    condition = length(distinct(concat(
      [var.destination.bucket], [for destination in var.further_destinations : destination.bucket],
    ))) == length(var.further_destinations) + 1
    error_message = "In further_destinations, each bucket must appear once, and not that of destination."
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

variable "object_lock" {
  description = "Whether the buckets keep versions under Object Lock, whose retention is then replicated too."
  type        = bool
  default     = false
  nullable    = false
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

variable "source_bucket" {
  description = <<-EOT
    Bucket whose objects are replicated.
    - `bucket`: Name of the bucket.
    - `key_alias`: Alias of the bucket's key without `alias/`.
    - `region`: Region of the bucket.
  EOT
  type = object({
    bucket    = string
    key_alias = string
    region    = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.source_bucket.bucket))
    error_message = "The source_bucket.bucket must be the name of a bucket, not its ARN."
  }

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.source_bucket.key_alias)) && !startswith(var.source_bucket.key_alias, "alias/")
    error_message = "The source_bucket.key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", var.source_bucket.region))
    error_message = "The source_bucket.region must be an AWS region such as us-east-1."
  }

  validation {
    condition     = var.source_bucket.bucket != var.destination.bucket
    error_message = "The source_bucket.bucket must not be that of destination."
  }
}

variable "tags" {
  description = "Tags of the role, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
