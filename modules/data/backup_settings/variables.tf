variable "resource_types" {
  description = "Types of resources that AWS Backup may back up in this region, as it calls them: Aurora, DynamoDB."
  type        = set(string)
  default     = ["Aurora", "DynamoDB"]
  nullable    = false

  validation {
    condition     = length(var.resource_types) > 0 && alltrue([for type in var.resource_types : contains(["Aurora", "DynamoDB"], type)])
    error_message = "The resource_types must be one or both of: Aurora, DynamoDB."
  }
}
