variable "alias_name" {
  description = "Alias through which the function is called."
  type        = string
  default     = "live"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,128}$", var.alias_name))
    error_message = "The alias_name must be 1 to 128 letters, digits, underscores or hyphens."
  }
}

variable "code_sha256" {
  description = "Hash of the function's package; a new one runs the migration again."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.code_sha256) >= 1
    error_message = "The code_sha256 must not be empty, or a new package would go unnoticed."
  }
}

variable "function_name" {
  description = "Function that brings the database's schema up to date and may be run any number of times."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,64}$", var.function_name))
    error_message = "The function_name must be 1 to 64 letters, digits, underscores or hyphens."
  }
}

variable "payload" {
  description = "Event that the function is called with; it is kept in the state, so it must hold no secret."
  type        = map(string)
  default     = {}
  nullable    = false
}
