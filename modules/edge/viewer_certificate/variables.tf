variable "names" {
  description = "Host names that the certificate covers, the first of which is its subject."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.names) >= 1 && length(var.names) <= 10
    error_message = "The names must hold 1 to 10 host names, the default quota of names on one ACM certificate."
  }

  validation {
    condition = alltrue([
      for name in var.names : length(name) <= 253
      && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", name))
    ])
    error_message = "The names must be lower-case DNS names of at most 253 characters without a trailing dot or wildcard."
  }

  validation {
    condition     = length(distinct(var.names)) == length(var.names)
    error_message = "In names, each host name must appear once."
  }

  validation {
    condition     = length(var.names) == 0 ? true : length(var.names[0]) <= 64
    error_message = "In names, the first host name must have at most 64 characters, ACM's limit for a certificate's first name."
  }
}

variable "validation_record_owner" {
  description = "Whether this call writes ACM's validation records; false when another call of the account has written the same ones."
  type        = bool
  default     = true
  nullable    = false
}

variable "zone_id" {
  description = "Id of the public hosted zone that holds the validation records."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^Z[A-Z0-9]{1,31}$", var.zone_id))
    error_message = "The zone_id must be a hosted zone id: Z and up to 31 capital letters or digits."
  }
}

variable "tags" {
  description = "Tags of the certificate."
  type        = map(string)
  default     = {}
  nullable    = false
}
