variable "admin_secret_id" {
  description = "Name or ARN of the secret with the administrator's password, read when a primary is created."
  type        = string
  default     = null

  validation {
    condition     = (var.role == "primary") == (var.admin_secret_id != null)
    error_message = "The admin_secret_id must be given for a primary, and only for one: a secondary has the primary's users."
  }
}

variable "allowed_security_group_ids" {
  description = "Security groups whose members may open sessions, by any label."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for group in values(var.allowed_security_group_ids) : can(regex("^sg-[0-9a-f]+$", group))])
    error_message = "The allowed_security_group_ids must be security groups, such as sg-0123456789abcdef0."
  }
}

variable "apply_immediately" {
  description = "Whether changes that interrupt sessions are made at once instead of in the maintenance window."
  type        = bool
  default     = false
  nullable    = false
}

variable "backup_retention_days" {
  description = "Days that automated backups are kept, and so how far back the cluster can be restored."
  type        = number
  default     = 14
  nullable    = false

  validation {
    condition = (
      var.backup_retention_days >= 1
      && var.backup_retention_days <= 35
      && floor(var.backup_retention_days) == var.backup_retention_days
    )
    error_message = "The backup_retention_days must be a whole number from 1 to 35, the range of RDS."
  }
}

variable "backup_window" {
  description = "Daily time in UTC, of half an hour or more, in which backups begin."
  type        = string
  default     = "02:00-03:00"
  nullable    = false

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$", var.backup_window))
    error_message = "The backup_window must be like 02:00-03:00."
  }
}

variable "ca_certificate" {
  description = "Certificate authority of the instances, such as rds-ca-rsa2048-g1, or null for the account's default."
  type        = string
  default     = null

  validation {
    condition     = var.ca_certificate == null || can(regex("^rds-ca-[a-z0-9-]+$", var.ca_certificate))
    error_message = "The ca_certificate must be an authority of RDS, such as rds-ca-rsa2048-g1."
  }
}

variable "data_api" {
  description = "Whether the cluster can be queried over HTTPS, which the failover controller does on the writer."
  type        = bool
  default     = true
  nullable    = false
}

variable "database_name" {
  description = "Name of the database that a primary is made with, the same as the global cluster's."
  type        = string
  default     = null

  validation {
    condition     = (var.role == "primary") == (var.database_name != null)
    error_message = "The database_name must be given for a primary, and only for one: a secondary has the primary's databases."
  }

  validation {
    condition     = var.database_name == null || can(regex("^[a-z][a-z0-9_]{0,62}$", var.database_name))
    error_message = "The database_name must be 1 to 63 lower-case letters, digits or underscores and start with a letter."
  }
}

variable "deletion_protection" {
  description = "Whether RDS refuses to delete the cluster."
  type        = bool
  default     = true
  nullable    = false
}

variable "engine" {
  description = "Engine, the same as the global cluster's: aurora-postgresql or aurora-mysql."
  type        = string
  default     = "aurora-postgresql"
  nullable    = false

  validation {
    condition     = contains(["aurora-postgresql", "aurora-mysql"], var.engine)
    error_message = "The engine must be one of aurora-postgresql, aurora-mysql."
  }
}

variable "engine_version" {
  description = "Full version of the engine, the same as the global cluster's."
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

variable "global_cluster_identifier" {
  description = "Global cluster that the cluster is made a member of."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.global_cluster_identifier)) && length(var.global_cluster_identifier) <= 63
    error_message = "The global_cluster_identifier must be 1 to 63 lower-case letters, digits or single hyphens, start with a letter and not end with a hyphen."
  }
}

variable "global_rpo_seconds" {
  description = "Seconds of lag at which the writer stops committing until one secondary is nearer (rds.global_db_rpo), or null to never stop."
  type        = number
  default     = null

  validation {
    condition = (
      var.global_rpo_seconds == null
      ? true
      : var.global_rpo_seconds >= 20 && var.global_rpo_seconds <= 2147483647 && floor(var.global_rpo_seconds) == var.global_rpo_seconds
    )
    error_message = "The global_rpo_seconds must be a whole number from 20 to 2147483647, the range of rds.global_db_rpo."
  }

  validation {
    condition     = var.global_rpo_seconds == null || var.engine == "aurora-postgresql"
    error_message = "The global_rpo_seconds is known to aurora-postgresql only."
  }
}

variable "iam_authentication" {
  description = "Whether database users may sign in with an IAM token instead of a password."
  type        = bool
  default     = false
  nullable    = false
}

variable "identifier" {
  description = "Identifier of the cluster and prefix of its instances and groups."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z](-?[a-z0-9])*$", var.identifier)) && length(var.identifier) <= 60
    error_message = "The identifier must be 1 to 60 lower-case letters, digits or single hyphens, start with a letter and not end with a hyphen."
  }
}

variable "insights" {
  description = <<-EOT
    CloudWatch Database Insights of the cluster.
    - `mode`: standard keeps 7 days, advanced 15 months at a charge.
  EOT
  type = object({
    mode = optional(string, "standard")
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["standard", "advanced"], var.insights.mode)
    error_message = "The insights.mode must be one of standard, advanced."
  }
}

variable "instance_class" {
  description = "Class of every instance, unless serverless is given."
  type        = string
  default     = "db.r6g.large"
  nullable    = false

  validation {
    condition     = can(regex("^db\\.([a-z0-9]+\\.[a-z0-9]+|serverless)$", var.instance_class)) && !startswith(var.instance_class, "db.t")
    error_message = "The instance_class must be a class such as db.r6g.large; burstable ones (db.t*) cannot be in a global database."
  }

  validation {
    condition     = var.instance_class != "db.serverless" || var.serverless != null
    error_message = "The instance_class db.serverless needs serverless, the bounds of its capacity."
  }
}

variable "instances" {
  description = "Number of instances; none makes a secondary that holds data but serves nobody until one is added."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.instances >= 0 && var.instances <= 16 && floor(var.instances) == var.instances
    error_message = "The instances must be a whole number from 0 to 16, a writer and at most 15 readers."
  }

  validation {
    condition     = var.role == "secondary" || var.instances >= 1
    error_message = "The instances must be 1 or more for a primary."
  }
}

variable "kms_key_arn" {
  description = "ARN of this region's key of storage, backups and insights; RDS answers with the key, so an alias would differ for ever."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "log_exports" {
  description = "Logs that go to CloudWatch, or null for postgresql, and for error and slowquery of MySQL."
  type        = set(string)
  default     = null

  validation {
    condition = var.log_exports == null ? true : length(setsubtract(
      var.log_exports,
      var.engine == "aurora-mysql"
      ? ["audit", "error", "general", "iam-db-auth-error", "instance", "slowquery"]
      : ["iam-db-auth-error", "instance", "postgresql"],
    )) == 0
    error_message = "The log_exports must be of postgresql, instance, iam-db-auth-error, and for MySQL of audit, error, general, slowquery, instance, iam-db-auth-error."
  }
}

variable "log_kms_key_arn" {
  description = "ARN of the key of the logs in CloudWatch, or null for kms_key_arn; its policy must let CloudWatch Logs use it."
  type        = string
  default     = null

  validation {
    condition     = var.log_kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.log_kms_key_arn))
    error_message = "The log_kms_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps the cluster's logs."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.log_retention_days,
    )
    error_message = "The log_retention_days must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "maintenance_window" {
  description = "Weekly time in UTC in which RDS changes what interrupts sessions; give each region another day."
  type        = string
  default     = "sun:04:00-sun:05:00"
  nullable    = false

  validation {
    condition = can(regex(
      "^(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]-(mon|tue|wed|thu|fri|sat|sun):([01][0-9]|2[0-3]):[0-5][0-9]$",
      var.maintenance_window,
    ))
    error_message = "The maintenance_window must be like sun:04:00-sun:05:00."
  }
}

variable "master_username" {
  description = "Name of a primary's administrator, the same as the username in its secret."
  type        = string
  default     = null

  validation {
    condition     = (var.role == "primary") == (var.master_username != null)
    error_message = "The master_username must be given for a primary, and only for one: a secondary has the primary's users."
  }

  validation {
    condition = (
      var.master_username == null
      ? true
      : can(regex("^[a-zA-Z][a-zA-Z0-9_]*$", var.master_username)) && length(var.master_username) <= (var.engine == "aurora-mysql" ? 16 : 63)
    )
    error_message = "The master_username must be letters, digits or underscores, start with a letter and have at most 63 characters, or 16 with aurora-mysql."
  }

  validation {
    condition = (
      var.master_username == null
      ? true
      : !contains(["admin", "postgres", "rdsadmin", "rds_superuser", "root", "user"], lower(var.master_username))
    )
    error_message = "The master_username must not be one that an engine reserves or every attacker tries: admin, postgres, rdsadmin, rds_superuser, root, user."
  }
}

variable "monitoring" {
  description = <<-EOT
    Enhanced monitoring of the instances, or null for none.
    - `role_arn`: ARN of the role that sends the samples to CloudWatch.
    - `interval_seconds`: Seconds between two samples.
  EOT
  type = object({
    role_arn         = string
    interval_seconds = optional(number, 60)
  })
  default = null

  validation {
    condition     = var.monitoring == null ? true : contains([1, 5, 10, 15, 30, 60], var.monitoring.interval_seconds)
    error_message = "The monitoring.interval_seconds must be one of 1, 5, 10, 15, 30, 60."
  }

  validation {
    condition     = var.monitoring == null ? true : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.monitoring.role_arn))
    error_message = "The monitoring.role_arn must be the ARN of an IAM role."
  }
}

variable "parameters" {
  description = <<-EOT
    Cluster parameters that are added to the module's own, or replace them, by name.
    - `value`: Value of the parameter.
    - `apply_method`: immediate, or pending-reboot for a static parameter.
  EOT
  type = map(object({
    value        = string
    apply_method = optional(string, "immediate")
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for parameter in var.parameters : contains(["immediate", "pending-reboot"], parameter.apply_method)])
    error_message = "In parameters, apply_method must be one of immediate, pending-reboot; static parameters need the latter."
  }

  validation {
    condition     = length(setintersection(keys(var.parameters), ["rds.force_ssl", "rds.global_db_rpo", "require_secure_transport"])) == 0
    error_message = "The parameters must not name rds.force_ssl or require_secure_transport, which stay on, nor rds.global_db_rpo, which is global_rpo_seconds."
  }
}

variable "port" {
  description = "Port of the cluster, or null for the engine's own: 5432 or 3306."
  type        = number
  default     = null

  validation {
    condition     = var.port == null ? true : var.port >= 1150 && var.port <= 65535
    error_message = "The port must be from 1150 to 65535, the range of RDS."
  }
}

variable "role" {
  description = "Whether the cluster is made as the global database's writer (primary) or as a copy (secondary); switchovers change it afterwards without Terraform."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["primary", "secondary"], var.role)
    error_message = "The role must be one of primary, secondary."
  }
}

variable "serverless" {
  description = <<-EOT
    Bounds of the capacity, which follows the load, or null for instance_class.
    - `min`: Smallest capacity in Aurora capacity units.
    - `max`: Largest capacity in Aurora capacity units.
  EOT
  type = object({
    min = number
    max = number
  })
  default = null

  validation {
    condition = var.serverless == null ? true : alltrue([
      for units in [var.serverless.min, var.serverless.max] : units * 2 == floor(units * 2)
    ])
    error_message = "In serverless, min and max must be multiples of 0.5."
  }

  validation {
    condition = var.serverless == null ? true : (
      var.serverless.min >= 0.5
      && var.serverless.min <= var.serverless.max
      && var.serverless.max >= 1
      && var.serverless.max <= 256
    )
    error_message = "In serverless, the bounds must satisfy 0.5 <= min <= max and 1 <= max <= 256; a member of a global database cannot pause at 0."
  }
}

variable "skip_final_snapshot" {
  description = "Whether the cluster is deleted without a last snapshot."
  type        = bool
  default     = false
  nullable    = false
}

variable "subnet_ids" {
  description = "Subnets in two or more availability zones."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "The subnet_ids must be two or more, in different availability zones."
  }
}

variable "vpc_id" {
  description = "Network of the subnets."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^vpc-[0-9a-f]+$", var.vpc_id))
    error_message = "The vpc_id must be the identifier of a VPC, such as vpc-0123456789abcdef0."
  }
}

variable "write_forwarding" {
  description = "Whether sessions may write through this cluster while another region holds the writer."
  type        = bool
  default     = true
  nullable    = false

  validation {
    condition = (
      var.write_forwarding && var.engine == "aurora-postgresql"
      ? try(
        tonumber(split(".", var.engine_version)[0]) >= 16
        || (startswith(var.engine_version, "15.") && tonumber(split(".", var.engine_version)[1]) >= 4)
        || (startswith(var.engine_version, "14.") && tonumber(split(".", var.engine_version)[1]) >= 9),
        true,
      )
      : true
    )
    error_message = "The write_forwarding option needs Aurora PostgreSQL 16, 15.4 or 14.9, or a later minor version of these."
  }
}

variable "tags" {
  description = "Tags of the cluster and all that belongs to it, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
