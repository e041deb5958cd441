variable "health_checks" {
  description = "Ids of Route 53 health checks to show above the regions, by label."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for id in values(var.health_checks) : can(regex("^[0-9a-f-]{1,64}$", id))])
    error_message = "The health_checks must be ids of health checks, for example abcdef11-2222-3333-4444-555555fedcba."
  }
}

variable "name" {
  description = "Name of the dashboard."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,255}$", var.name))
    error_message = "The name must have 1 to 255 letters, digits, '_' or '-'."
  }
}

variable "period_seconds" {
  description = "Seconds that one point of a graph stands for."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.period_seconds >= 60 && var.period_seconds % 60 == 0
    error_message = "The period_seconds must be a multiple of 60, because AWS publishes these metrics once a minute."
  }
}

variable "reachability" {
  description = <<-EOT
    Graphs of the regions that failover controllers reach, or null without a controller.
    - `environment`: Name of the environment in the metrics.
    - `observers`: Regions that are looked at, by the region that looks.
    - `namespace`: Namespace of the controllers' metrics, as operations/failover has it.
  EOT
  type = object({
    environment = string
    observers   = map(set(string))
    namespace   = optional(string, "Antipode/Failover")
  })
  default = null

  validation {
    condition = (
      var.reachability == null
      ? true
      : alltrue([
        for region in concat(keys(var.reachability.observers), flatten([for seen in var.reachability.observers : tolist(seen)])) :
        can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))
      ])
    )
    error_message = "The reachability.observers must be sets of regions by region, for example us-east-2 = [us-east-1]."
  }

  validation {
    condition     = var.reachability == null ? true : alltrue([for seen in var.reachability.observers : length(seen) > 0])
    error_message = "In reachability, each of observers must look at a region at least, because CloudWatch refuses an empty graph."
  }
}

variable "regions" {
  description = <<-EOT
    Regions from left to right.
    - `region`: Code of the region.
    - `role`: Role of the region: primary, standby or active.
    - `api_name`: Name of the region's API.
    - `stage_name`: Name of the API's stage.
    - `alias_name`: Name of the functions' alias.
    - `functions`: Names of the functions.
    - `provisioned_functions`: Names of the functions with provisioned concurrency.
    - `dead_letter_queues`: Names of the dead-letter queues.
    - `tables`: Names of the tables.
    - `buckets`: Names of the buckets, by label.
    - `databases`: Identifiers of the database clusters.
  EOT
  type = list(object({
    region                = string
    role                  = string
    api_name              = string
    stage_name            = optional(string, "live")
    alias_name            = optional(string, "live")
    functions             = optional(set(string), [])
    provisioned_functions = optional(set(string), [])
    dead_letter_queues    = optional(set(string), [])
    tables                = optional(set(string), [])
    buckets               = optional(map(string), {})
    databases             = optional(set(string), [])
  }))
  nullable = false

  validation {
    condition     = length(var.regions) >= 1 && length(var.regions) <= 30
    error_message = "The regions must hold 1 to 30 regions."
  }

  validation {
    condition     = alltrue([for region in var.regions : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region.region))])
    error_message = "In regions, region must be the code of an AWS region, for example us-west-2."
  }

  validation {
    condition     = length(distinct([for region in var.regions : region.region])) == length(var.regions)
    error_message = "In regions, each region must appear once."
  }
}
