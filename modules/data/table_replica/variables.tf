variable "deletion_protection" {
  description = "Whether DynamoDB refuses to delete the replica."
  type        = bool
  default     = true
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the customer key of this region that encrypts the replica."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "point_in_time_recovery" {
  description = "Whether the replica can be restored to any second of the last 35 days."
  type        = bool
  default     = true
  nullable    = false
}

variable "table_arn" {
  description = "ARN of the table in another region whose replica this is."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:dynamodb:[a-z0-9-]+:[0-9]{12}:table/.+$", var.table_arn))
    error_message = "The table_arn must be the ARN of a DynamoDB table."
  }
}

variable "tags" {
  description = "Tags of the replica."
  type        = map(string)
  default     = {}
  nullable    = false
}
