variable "account_id" {
  description = "Account that owns the controller and all that it decides about."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "The account_id must be 12 digits."
  }
}

variable "control_table" {
  description = "Name of the control table, the same in every voting region."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_.-]{3,255}$", var.control_table))
    error_message = "The control_table must be 3 to 255 letters, digits, underscores, dots or hyphens."
  }
}

variable "database_key_alias" {
  description = "Alias, without its prefix `alias/`, of the key of this region's clusters, or null for kms_alias."
  type        = string
  default     = null

  validation {
    condition = (
      var.database_key_alias == null
      ? true
      : can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.database_key_alias)) && !startswith(var.database_key_alias, "alias/")
    )
    error_message = "The database_key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }
}

variable "databases" {
  description = <<-EOT
    Aurora global databases that the controller may promote, by any label.
    - `global_cluster`: Identifier of the global cluster.
    - `clusters`: Identifier of the member cluster, by region.
    - `secrets`: Names of all secrets of the database.
    - `admin_secret`: Name among secrets of the administrator's secret.
  EOT
  type = map(object({
    global_cluster = string
    clusters       = map(string)
    secrets        = set(string)
    admin_secret   = string
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue(flatten([
      for database in var.databases : [
        for identifier in concat([database.global_cluster], values(database.clusters)) :
        can(regex("^[a-z](-?[a-z0-9])*$", identifier))
      ]
    ]))
    error_message = "In databases, global_cluster and clusters must be identifiers of lower-case letters, digits and single hyphens."
  }

  validation {
    condition = alltrue(flatten([
      for database in var.databases : [for region in keys(database.clusters) : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", region))]
    ]))
    error_message = "In databases, clusters must be keyed by region, such as us-east-1."
  }

  validation {
    condition = alltrue(flatten([
      for database in var.databases : [for name in database.secrets : can(regex("^[a-zA-Z0-9/_+=.@-]{1,512}$", name))]
    ]))
    error_message = "In databases, secrets must be names of letters, digits or / _ + = . @ -, without wildcards."
  }

  validation {
    condition     = alltrue([for database in var.databases : contains(database.secrets, database.admin_secret)])
    error_message = "In databases, admin_secret must be one of secrets."
  }
}

variable "function_name" {
  description = "Function that takes the role on, which also names its log group."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,64}$", var.function_name))
    error_message = "The function_name must be 1 to 64 letters, digits, underscores or hyphens."
  }
}

variable "kms_alias" {
  description = "Alias, without its prefix `alias/`, of the regional key of environment variables."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.kms_alias)) && !startswith(var.kms_alias, "alias/")
    error_message = "The kms_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }
}

variable "metric_namespace" {
  description = "Namespace in CloudWatch to which alone the controller may publish."
  type        = string
  default     = "Antipode/Failover"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9._/#:-]{1,255}$", var.metric_namespace)) && !startswith(var.metric_namespace, "AWS/")
    error_message = "The metric_namespace must be 1 to 255 letters, digits or one of . _ / # : -, and not start with AWS/."
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

variable "reconcile" {
  description = "Whether the controller may restore what a failover left behind, as <member>-kept, to compare its rows."
  type        = bool
  default     = true
  nullable    = false
}

variable "region" {
  description = "Region whose controller takes the role on."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", var.region))
    error_message = "The region must be an AWS region such as us-east-1."
  }
}

variable "secret_key_aliases" {
  description = "Alias, without its prefix `alias/`, of the key of the databases' secrets in each region that has them."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for region, alias in var.secret_key_aliases :
      can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", region)) && can(regex("^[a-zA-Z0-9/_-]{1,250}$", alias)) && !startswith(alias, "alias/")
    ])
    error_message = "The secret_key_aliases must map regions to aliases of letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }

  validation {
    condition = length(setsubtract(
      flatten([for database in var.databases : keys(database.clusters)]), keys(var.secret_key_aliases),
    )) == 0
    error_message = "The secret_key_aliases must name every region that has a member of a database."
  }
}

variable "tracing" {
  description = "Whether the function may send traces to X-Ray."
  type        = bool
  default     = true
  nullable    = false
}

variable "voters" {
  description = "Alias, without its prefix `alias/`, of the control table's key in each region that votes, this one among them."
  type        = map(string)
  nullable    = false

  validation {
    condition = alltrue([
      for region, alias in var.voters :
      can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", region)) && can(regex("^[a-zA-Z0-9/_-]{1,250}$", alias)) && !startswith(alias, "alias/")
    ])
    error_message = "The voters must map regions to aliases of letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }

  validation {
    condition     = contains(keys(var.voters), var.region)
    error_message = "The voters must contain region, whose controller votes too."
  }

  validation {
    condition     = length(var.voters) >= 3 && length(var.voters) % 2 == 1
    error_message = "The voters must be an odd number of 3 or more regions, or no half can ever have a majority when one is lost."
  }
}

variable "tags" {
  description = "Tags of the role, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
