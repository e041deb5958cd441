variable "account_id" {
  description = "AWS account that API Gateway may assume the role for, twelve digits."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "Variable account_id must be twelve digits."
  }
}

variable "name" {
  description = "Name of the role."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9+=,.@_-]{1,64}$", var.name))
    error_message = "Variable name must be 1 to 64 letters, digits and +=,.@_- characters."
  }
}

variable "tags" {
  description = "Tags in addition to those of the provider."
  type        = map(string)
  default     = {}
  nullable    = false
}
