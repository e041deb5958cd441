variable "account_id" {
  description = "Account that owns the functions and what releases them."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "The account_id must be 12 digits."
  }
}

variable "function_names" {
  description = "Functions that are released, whose CodeDeploy applications are named like them."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.function_names) > 0
    error_message = "The function_names must name at least one function."
  }

  validation {
    condition     = alltrue([for name in var.function_names : can(regex("^[a-zA-Z0-9_-]{1,64}$", name))])
    error_message = "The function_names must be 1 to 64 letters, digits, underscores or hyphens each."
  }
}

variable "hook_names" {
  description = "Functions that test a new version before or after it takes traffic."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.hook_names : can(regex("^CodeDeployHook_[a-zA-Z0-9_-]{1,49}$", name))])
    error_message = "The hook_names must start with CodeDeployHook_ and have at most 64 letters, digits, underscores or hyphens each."
  }
}

variable "name" {
  description = "Name of the role, unique in the account because IAM is global."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9+=,.@_-]{1,64}$", var.name))
    error_message = "The name must be 1 to 64 letters, digits or one of + = , . @ _ -."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds what the role can ever be given, or null."
  type        = string
  default     = null

  validation {
    condition = (
      var.permissions_boundary == null
      || can(regex("^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/.+$", var.permissions_boundary))
    )
    error_message = "The permissions_boundary must be the ARN of an IAM policy, or null."
  }
}

variable "region" {
  description = "Region whose functions are released with the role."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", var.region))
    error_message = "The region must be an AWS region such as us-east-1."
  }
}

variable "topics" {
  description = <<-EOT
    Topics of the region that hear of releases, by any label.
    - `name`: Name of the topic.
    - `key_alias`: Alias of the topic's key without `alias/`.
  EOT
  type = map(object({
    name      = string
    key_alias = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for topic in var.topics : can(regex("^[a-zA-Z0-9_-]{1,256}$", topic.name))])
    error_message = "In topics, name must be 1 to 256 letters, digits, underscores or hyphens."
  }

  validation {
    condition = alltrue([
      for topic in var.topics :
      can(regex("^[a-zA-Z0-9/_-]{1,250}$", topic.key_alias)) && !startswith(topic.key_alias, "alias/")
    ])
    error_message = "In topics, key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }
}

variable "tags" {
  description = "Tags of the role, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
