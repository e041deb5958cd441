variable "comment" {
  description = "Comment that Route 53 shows beside the zone."
  type        = string
  default     = "Managed by Terraform."
  nullable    = false

  validation {
    condition     = length(var.comment) <= 256
    error_message = "The comment must have at most 256 characters."
  }
}

variable "create" {
  description = "Whether to create the zone; when false, zone_id names the existing one and nothing is looked up."
  type        = bool
  default     = true
  nullable    = false
}

variable "force_destroy" {
  description = "Whether destroying the zone also deletes records that Terraform does not manage."
  type        = bool
  default     = false
  nullable    = false
}

variable "name" {
  description = "Domain of the public zone, for example example.com."
  type        = string
  nullable    = false

  validation {
    condition = (
      length(var.name) <= 253
      && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", var.name))
    )
    error_message = "The name must be a lower-case domain name of at most 253 characters without a trailing dot, for example example.com."
  }
}

variable "zone_id" {
  description = "Id of the existing zone when create is false."
  type        = string
  default     = null

  validation {
    condition     = var.zone_id == null ? true : can(regex("^Z[A-Z0-9]{1,31}$", var.zone_id))
    error_message = "The zone_id must be a hosted zone id: Z and up to 31 capital letters or digits."
  }

  validation {
    condition     = var.create == (var.zone_id == null)
    error_message = "The zone_id must be given when create is false, and only then."
  }
}

variable "tags" {
  description = "Tags of the zone."
  type        = map(string)
  default     = {}
  nullable    = false
}
