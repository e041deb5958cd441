variable "ip_address_type" {
  description = "Address families of the custom domains: ipv4, or dualstack, which adds AAAA records."
  type        = string
  default     = "ipv4"
  nullable    = false

  validation {
    condition     = contains(["dualstack", "ipv4"], var.ip_address_type)
    error_message = "The ip_address_type must be one of: dualstack, ipv4."
  }
}

variable "names" {
  description = <<-EOT
    Custom domains of this region, by any label.
    - `host`: Host name that clients call.
    - `record`: DNS name that points at the custom domain.
    - `record_type`: Type of that name's record, alias or cname.
  EOT
  type = map(object({
    host        = string
    record      = string
    record_type = optional(string, "alias")
  }))
  nullable = false

  validation {
    condition     = length(var.names) >= 1 && length(var.names) <= 10
    error_message = "The names must hold 1 to 10 custom domains, the default quota of names on one ACM certificate."
  }

  validation {
    condition = alltrue([
      for name in values(var.names) : alltrue([
        for host in [name.host, name.record] : length(host) <= 253
        && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", host))
      ])
    ])
    error_message = "In names, host and record must be lower-case DNS names of at most 253 characters without a trailing dot."
  }

  validation {
    condition     = length(distinct([for name in values(var.names) : name.host])) == length(var.names)
    error_message = "In names, each host must appear once, because a custom domain exists once per region."
  }

  validation {
    condition     = length(distinct([for name in values(var.names) : name.record])) == length(var.names)
    error_message = "In names, each record must appear once, because one DNS name points at one custom domain."
  }

  validation {
    condition     = alltrue([for name in values(var.names) : contains(["alias", "cname"], name.record_type)])
    error_message = "In names, record_type must be one of: alias, cname."
  }

  validation {
    condition     = length(var.names) == 0 ? true : length(var.names[sort(keys(var.names))[0]].host) <= 64
    error_message = "In names, the host of the first label in alphabetical order must have at most 64 characters, ACM's limit for a certificate's first name."
  }
}

variable "validation_record_owner" {
  description = "Whether this call writes ACM's validation record of a name, by label; true for labels left out."
  type        = map(bool)
  default     = {}
  nullable    = false

  validation {
    condition     = length(setsubtract(keys(var.validation_record_owner), keys(var.names))) == 0
    error_message = "The validation_record_owner must be keyed by labels of names."
  }
}

variable "zone_id" {
  description = "Id of the public hosted zone that holds the records."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^Z[A-Z0-9]{1,31}$", var.zone_id))
    error_message = "The zone_id must be a hosted zone id: Z and up to 31 capital letters or digits."
  }
}

variable "tags" {
  description = "Tags of the certificate and the custom domains."
  type        = map(string)
  default     = {}
  nullable    = false
}
