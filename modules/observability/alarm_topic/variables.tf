variable "kms_key_arn" {
  description = "ARN of the key that encrypts the topic; its policy must let cloudwatch.amazonaws.com use it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "name" {
  description = "Prefix of the alarms that may publish, for example prod-use1; the topic is named like it with -alarms."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,100}$", var.name))
    error_message = "The name must have 1 to 100 letters, digits, '_' or '-'."
  }
}

variable "notify" {
  description = "E-mail addresses that get every alarm; each must confirm its subscription once."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.notify : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "The notify must be e-mail addresses, for example oncall@example.com."
  }
}

variable "tags" {
  description = "Tags of the topic."
  type        = map(string)
  default     = {}
  nullable    = false
}
