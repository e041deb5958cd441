variable "database_name" {
  description = "Name of the database that the first cluster is made with."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9_]{0,62}$", var.database_name))
    error_message = "The database_name must be 1 to 63 lower-case letters, digits or underscores and start with a letter."
  }

  validation {
    condition     = !contains(["postgres", "rdsadmin", "template0", "template1", "mysql", "sys"], var.database_name)
    error_message = "The database_name must not be a name that the engine itself uses: postgres, rdsadmin, template0, template1, mysql, sys."
  }
}

variable "deletion_protection" {
  description = "Whether RDS refuses to delete the global cluster."
  type        = bool
  default     = true
  nullable    = false
}

variable "engine" {
  description = "Engine of every member: aurora-postgresql or aurora-mysql."
  type        = string
  default     = "aurora-postgresql"
  nullable    = false

  validation {
    condition     = contains(["aurora-postgresql", "aurora-mysql"], var.engine)
    error_message = "The engine must be one of aurora-postgresql, aurora-mysql."
  }
}

variable "engine_version" {
  description = "Full version of the engine, the same in every region; a higher one upgrades every member."
  type        = string
  nullable    = false

  validation {
    condition = (
      var.engine == "aurora-mysql"
      ? can(regex("^8\\.[0-9]+\\.mysql_aurora\\.[0-9]+\\.[0-9]+\\.[0-9]+$", var.engine_version))
      : can(regex("^[0-9]{2}\\.[0-9]{1,2}$", var.engine_version))
    )
    error_message = "The engine_version must be full, such as 16.8 of aurora-postgresql or 8.0.mysql_aurora.3.08.0 of aurora-mysql."
  }
}

variable "extended_support" {
  description = "Whether the cluster goes on, at a charge, when standard support of its major version ends."
  type        = bool
  default     = false
  nullable    = false
}

variable "force_destroy" {
  description = "Whether members are detached, and so become clusters of their own, when the global cluster is destroyed."
  type        = bool
  default     = false
  nullable    = false
}

variable "identifier" {
  description = "Identifier of the global cluster, unique in the account over all regions."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.identifier)) && length(var.identifier) <= 63
    error_message = "The identifier must be 1 to 63 lower-case letters, digits or single hyphens, start with a letter and not end with a hyphen."
  }
}

variable "tags" {
  description = "Tags of the global cluster, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
