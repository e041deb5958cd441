variable "account_id" {
  description = "Account that owns the key and whose IAM policies may allow its use."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "The account_id must be 12 digits."
  }
}

variable "alias" {
  description = "Alias of the key, without the prefix `alias/`."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.alias))
    error_message = "The alias must be 1 to 250 letters, digits, slashes, underscores or hyphens."
  }

  validation {
    condition     = !can(regex("^(alias/|aws/)", var.alias))
    error_message = "The alias must not start with alias/, which the module adds, nor with aws/, which AWS reserves."
  }
}

variable "cloudfront" {
  description = "Whether this account's CloudFront distributions may decrypt with the key, as they must to serve a bucket that it encrypts."
  type        = bool
  default     = false
  nullable    = false
}

variable "deletion_window_days" {
  description = "Days between the key's scheduled deletion and its end, in which the deletion can be cancelled."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition = (
      var.deletion_window_days >= 7
      && var.deletion_window_days <= 30
      && floor(var.deletion_window_days) == var.deletion_window_days
    )
    error_message = "The deletion_window_days must be a whole number from 7 to 30."
  }
}

variable "description" {
  description = "What the key protects, as shown in the KMS console."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.description) >= 1 && length(var.description) <= 8192
    error_message = "The description must have 1 to 8192 characters."
  }
}

variable "multi_region" {
  description = "Whether the key can be replicated into other regions under the same key material."
  type        = bool
  default     = false
  nullable    = false
}

variable "rotation_period_days" {
  description = "Days between two automatic rotations of the key material."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition = (
      var.rotation_period_days >= 90
      && var.rotation_period_days <= 2560
      && floor(var.rotation_period_days) == var.rotation_period_days
    )
    error_message = "The rotation_period_days must be a whole number from 90 to 2560."
  }
}

variable "services" {
  description = "Service principals that may use the key on behalf of this account, such as logs.us-east-1.amazonaws.com."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for service in var.services : can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)*\\.amazonaws\\.com(\\.cn)?$", service))
    ])
    error_message = "The services must be AWS service principals such as logs.us-east-1.amazonaws.com or cloudwatch.amazonaws.com."
  }
}

variable "tags" {
  description = "Tags of the key, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
