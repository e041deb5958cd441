variable "attributes" {
  description = "Attributes that only indexes use, as a map from name to type: S, N or B."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for type in values(var.attributes) : contains(["S", "N", "B"], type)])
    error_message = "The attributes must map each name to one of: S, N, B."
  }
}

variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the table in this region."
  type        = bool
  default     = true
  nullable    = false
}

variable "global_secondary_indexes" {
  description = <<-EOT
    Global secondary indexes by name, the same in every replica.
    - `hash_key`: Attribute that is the partition key.
    - `range_key`: Attribute that is the sort key, or null for none.
    - `projection_type`: Attributes that the index holds: ALL, INCLUDE (those of non_key_attributes) or KEYS_ONLY.
    - `non_key_attributes`: Attributes that the index holds besides its keys, or null.
  EOT
  type = map(object({
    hash_key           = string
    range_key          = optional(string)
    projection_type    = optional(string, "ALL")
    non_key_attributes = optional(list(string))
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.global_secondary_indexes) : can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))])
    error_message = "The global_secondary_indexes must be named with 3 to 255 letters, digits, '_', '-' or '.'."
  }

  validation {
    condition     = length(var.global_secondary_indexes) <= 20
    error_message = "The global_secondary_indexes must hold at most 20 indexes, DynamoDB's default quota for a table."
  }

  validation {
    condition = alltrue([
      for index in values(var.global_secondary_indexes) : alltrue([
        for key in compact([index.hash_key, index.range_key]) :
        contains(concat(keys(var.attributes), compact([var.hash_key, var.range_key])), key)
      ])
    ])
    error_message = "The global_secondary_indexes must use keys that attributes, hash_key or range_key define."
  }

  validation {
    condition = alltrue([
      for name in keys(var.attributes) : contains(flatten([
        for index in values(var.global_secondary_indexes) : compact([index.hash_key, index.range_key])
      ]), name)
    ])
    error_message = "The global_secondary_indexes must use every name of attributes, because DynamoDB refuses a definition that no key uses."
  }

  validation {
    condition = alltrue([
      for index in values(var.global_secondary_indexes) : contains(["ALL", "INCLUDE", "KEYS_ONLY"], index.projection_type)
    ])
    error_message = "In global_secondary_indexes, projection_type must be one of: ALL, INCLUDE, KEYS_ONLY."
  }

  validation {
    condition = alltrue([
      for index in values(var.global_secondary_indexes) :
      (index.projection_type == "INCLUDE") == (length(coalesce(index.non_key_attributes, [])) > 0)
    ])
    error_message = "In global_secondary_indexes, non_key_attributes must be given with projection_type INCLUDE, and only then."
  }
}

variable "hash_key" {
  description = "Name of the partition key."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.hash_key) >= 1 && length(var.hash_key) <= 255
    error_message = "The hash_key must have 1 to 255 characters."
  }
}

variable "hash_key_type" {
  description = "Type of the partition key: S, N or B."
  type        = string
  default     = "S"
  nullable    = false

  validation {
    condition     = contains(["S", "N", "B"], var.hash_key_type)
    error_message = "The hash_key_type must be one of: S, N, B."
  }
}

variable "kms_key_arn" {
  description = "ARN of the customer key that encrypts the table in this region."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "name" {
  description = "Name of the table, the same in every region."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{3,255}$", var.name))
    error_message = "The name must have 3 to 255 letters, digits, '_', '-' or '.'."
  }
}

variable "point_in_time_recovery" {
  description = "Whether the table and every replica can be restored to any second of the last 35 days."
  type        = bool
  default     = true
  nullable    = false
}

variable "range_key" {
  description = "Name of the sort key, if the table has one."
  type        = string
  default     = null

  validation {
    condition     = var.range_key == null ? true : length(var.range_key) >= 1 && length(var.range_key) <= 255
    error_message = "The range_key must have 1 to 255 characters, or be left out."
  }

  validation {
    condition     = var.range_key == null ? true : var.range_key != var.hash_key
    error_message = "The range_key must differ from hash_key."
  }
}

variable "range_key_type" {
  description = "Type of the sort key: S, N or B."
  type        = string
  default     = "S"
  nullable    = false

  validation {
    condition     = contains(["S", "N", "B"], var.range_key_type)
    error_message = "The range_key_type must be one of: S, N, B."
  }
}

variable "replicas" {
  description = <<-EOT
    Replicas by region.
    - `kms_key_arn`: ARN of the customer key that encrypts the replica, in the replica's region.
  EOT
  type = map(object({
    kms_key_arn = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for region in keys(var.replicas) : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "The replicas must be keyed by region, for example us-west-2."
  }

  validation {
    condition = alltrue([
      for region, replica in var.replicas :
      can(regex("^arn:aws[a-z-]*:kms:${region}:[0-9]{12}:key/.+$", replica.kms_key_arn))
    ])
    error_message = "In replicas, kms_key_arn must be the ARN of a KMS key in the replica's own region, not an alias."
  }
}

variable "ttl_attribute" {
  description = "Name of the attribute that holds an item's expiry in epoch seconds, if items expire."
  type        = string
  default     = null

  validation {
    condition     = var.ttl_attribute == null ? true : length(var.ttl_attribute) >= 1 && length(var.ttl_attribute) <= 255
    error_message = "The ttl_attribute must have 1 to 255 characters, or be left out."
  }
}

variable "tags" {
  description = "Tags of the table, also given to every replica."
  type        = map(string)
  default     = {}
  nullable    = false
}
