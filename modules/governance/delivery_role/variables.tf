variable "account_id" {
  description = "Account that the environment lives in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "The account_id must be 12 digits."
  }
}

variable "apply_session_seconds" {
  description = "Longest that one run may hold the apply role."
  type        = number
  default     = 7200
  nullable    = false

  validation {
    condition = (
      var.apply_session_seconds >= 3600 && var.apply_session_seconds <= 43200
      && floor(var.apply_session_seconds) == var.apply_session_seconds
    )
    error_message = "The apply_session_seconds must be a whole number from 3600 to 43200."
  }
}

variable "branch" {
  description = "Branch whose runs may plan and look for drift, besides pull requests."
  type        = string
  default     = "main"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$", var.branch))
    error_message = "The branch must be the name of one branch, without wildcards."
  }
}

variable "create_oidc_provider" {
  description = "Whether to make the account's provider for GitHub's tokens, of which an account has one."
  type        = bool
  default     = true
  nullable    = false
}

variable "domain" {
  description = "Domain below which the apply role may change records."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$", var.domain))
    error_message = "The domain must be a domain name in lower case, such as example.com."
  }
}

variable "environment" {
  description = "Name of the environment, which also is that of its GitHub environment and of the tag on what it owns."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9]*(-[a-z0-9]+)*$", var.environment)) && length(var.environment) >= 2 && length(var.environment) <= 24
    error_message = "The environment must have 2 to 24 lower-case letters, digits and single hyphens."
  }
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds the two delivery roles, or null."
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

variable "repository" {
  description = "Repository whose workflows may take the roles: owner/name, or owner@id/name@id where its tokens carry ids."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9-]{0,38}(@[0-9]+)?/[A-Za-z0-9._-]{1,100}(@[0-9]+)?$", var.repository))
    error_message = "The repository must be owner/name or owner@id/name@id, without wildcards."
  }

  validation {
    condition     = length(regexall("@", var.repository)) != 1
    error_message = "The repository must carry the ids of both owner and repository, or of neither."
  }
}

variable "role_boundary" {
  description = "ARN of the policy that bounds every role of the environment, or null to make one."
  type        = string
  default     = null

  validation {
    condition = (
      var.role_boundary == null
      || can(regex("^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/.+$", var.role_boundary))
    )
    error_message = "The role_boundary must be the ARN of an IAM policy, or null."
  }
}

variable "services" {
  description = "AWS services whose resources the environment's stacks hold."
  type        = set(string)
  nullable    = false

  validation {
    condition     = length(var.services) > 0
    error_message = "The services must name at least one service."
  }

  validation {
    condition = length(setsubtract(var.services, [
      "acm", "apigateway", "autoscaling", "backup", "cloudfront", "cloudwatch", "codedeploy", "dynamodb", "ec2", "events", "iam", "kms",
      "lambda", "logs", "rds", "route53", "s3", "secretsmanager", "sns", "sqs", "wafv2",
    ])) == 0
    error_message = "The services must be of acm, apigateway, autoscaling, backup, cloudfront, cloudwatch, codedeploy, dynamodb, ec2, events, iam, kms, lambda, logs, rds, route53, s3, secretsmanager, sns, sqs, wafv2."
  }
}

variable "state_buckets" {
  description = <<-EOT
    State buckets of the environment, by region.
    - `name`: Name of the bucket.
    - `kms_alias`: Alias of the bucket's key without `alias/`.
  EOT
  type = map(object({
    name      = string
    kms_alias = string
  }))
  nullable = false

  validation {
    condition     = length(var.state_buckets) > 0
    error_message = "The state_buckets must name at least one bucket."
  }

  validation {
    condition     = alltrue([for bucket in var.state_buckets : can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", bucket.name))])
    error_message = "In state_buckets, name must have 3 to 63 lower-case letters, digits or hyphens."
  }

  validation {
    condition = alltrue([
      for bucket in var.state_buckets :
      can(regex("^[a-zA-Z0-9/_-]{1,250}$", bucket.kms_alias)) && !startswith(bucket.kms_alias, "alias/")
    ])
    error_message = "In state_buckets, kms_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }
}

variable "tags" {
  description = "Tags of roles, policies and provider, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
