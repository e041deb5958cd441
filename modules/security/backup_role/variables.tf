variable "account_id" {
  description = "Account of the role, the stores and the vaults."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "The account_id must be 12 digits."
  }
}

variable "cluster_key_alias" {
  description = "Alias, without `alias/`, of the key that the clusters are encrypted with, or null without clusters."
  type        = string
  default     = null

  validation {
    condition     = var.cluster_key_alias == null || can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.cluster_key_alias)) && !startswith(coalesce(var.cluster_key_alias, "-"), "alias/")
    error_message = "The cluster_key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/, or null."
  }

  validation {
    condition     = (var.cluster_key_alias == null) == (length(var.clusters) == 0)
    error_message = "The cluster_key_alias must be given with clusters, and only then."
  }
}

variable "clusters" {
  description = "Identifiers of the Aurora clusters of this region that are backed up."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for identifier in var.clusters : can(regex("^[a-z][a-z0-9-]{0,62}$", identifier))])
    error_message = "The clusters must be identifiers of clusters, not ARNs."
  }
}

variable "copy_vaults" {
  description = <<-EOT
    Vaults of other regions that get copies, by region.
    - `name`: Name of the vault.
    - `key_alias`: Alias of the vault's key without `alias/`.
  EOT
  type = map(object({
    name      = string
    key_alias = string
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for region in keys(var.copy_vaults) : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", region)) && region != var.region])
    error_message = "The copy_vaults must stand under AWS regions such as us-west-2, others than region."
  }

  validation {
    condition     = alltrue([for vault in var.copy_vaults : can(regex("^[a-zA-Z0-9_-]{2,50}$", vault.name))])
    error_message = "In copy_vaults, name must be the name of a vault, not its ARN."
  }

  validation {
    condition     = alltrue([for vault in var.copy_vaults : can(regex("^[a-zA-Z0-9/_-]{1,250}$", vault.key_alias)) && !startswith(vault.key_alias, "alias/")])
    error_message = "In copy_vaults, key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
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
  description = "Region of the stores and of the vault that their backups are made in."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", var.region))
    error_message = "The region must be an AWS region such as us-east-1."
  }
}

variable "table_key_alias" {
  description = "Alias, without `alias/`, of the key that the tables are encrypted with, or null without tables."
  type        = string
  default     = null

  validation {
    condition     = var.table_key_alias == null || can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.table_key_alias)) && !startswith(coalesce(var.table_key_alias, "-"), "alias/")
    error_message = "The table_key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/, or null."
  }

  validation {
    condition     = (var.table_key_alias == null) == (length(var.tables) == 0)
    error_message = "The table_key_alias must be given with tables, and only then."
  }
}

variable "tables" {
  description = "Names of the DynamoDB tables of this region that are backed up."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.tables : can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))])
    error_message = "The tables must be names of tables, not ARNs."
  }

  validation {
    condition     = length(var.tables) + length(var.clusters) > 0
    error_message = "The tables or clusters must name something to back up."
  }
}

variable "vault" {
  description = <<-EOT
    Vault that backups are made in.
    - `name`: Name of the vault.
    - `key_alias`: Alias of the vault's key without `alias/`.
  EOT
  type = object({
    name      = string
    key_alias = string
  })
  nullable = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{2,50}$", var.vault.name))
    error_message = "The vault.name must be the name of a vault, not its ARN."
  }

  validation {
    condition     = can(regex("^[a-zA-Z0-9/_-]{1,250}$", var.vault.key_alias)) && !startswith(var.vault.key_alias, "alias/")
    error_message = "The vault.key_alias must be 1 to 250 letters, digits, slashes, underscores or hyphens, without the prefix alias/."
  }
}

variable "tags" {
  description = "Tags of the role, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
