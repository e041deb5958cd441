variable "health_check" {
  description = <<-EOT
    How Route 53 probes the targets that have a health check; interval and threshold set the time to detect a lost region.
    - `path`: Path that is requested.
    - `port`: Port that is requested, over HTTPS.
    - `interval`: Seconds between two probes of one checker, 10 or 30.
    - `threshold`: Consecutive probes that must fail, or succeed, before the state changes.
    - `measure_latency`: Whether the checkers also report latency, at a charge.
    - `regions`: Regions of the checkers, or none for all of them.
  EOT
  type = object({
    path            = optional(string, "/health")
    port            = optional(number, 443)
    interval        = optional(number, 10)
    threshold       = optional(number, 2)
    measure_latency = optional(bool, false)
    regions         = optional(set(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = startswith(var.health_check.path, "/") && length(var.health_check.path) <= 255
    error_message = "The health_check.path must start with / and have at most 255 characters."
  }

  validation {
    condition = (
      var.health_check.port >= 1 && var.health_check.port <= 65535 && floor(var.health_check.port) == var.health_check.port
    )
    error_message = "The health_check.port must be a whole number between 1 and 65535."
  }

  validation {
    condition     = contains([10, 30], var.health_check.interval)
    error_message = "The health_check.interval must be one of: 10, 30 (seconds)."
  }

  validation {
    condition = (
      var.health_check.threshold >= 1 && var.health_check.threshold <= 10
      && floor(var.health_check.threshold) == var.health_check.threshold
    )
    error_message = "The health_check.threshold must be a whole number between 1 and 10 consecutive probes."
  }

  validation {
    condition     = !contains([1, 2], length(var.health_check.regions))
    error_message = "The health_check.regions must name at least 3 checker regions, or none for all of them."
  }

  validation {
    condition = length(setsubtract(var.health_check.regions, [
      "ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "eu-west-1", "sa-east-1", "us-east-1", "us-west-1", "us-west-2",
    ])) == 0
    error_message = "The health_check.regions must be among: ap-northeast-1, ap-southeast-1, ap-southeast-2, eu-west-1, sa-east-1, us-east-1, us-west-1, us-west-2."
  }
}

variable "name" {
  description = "DNS name that clients use; never the zone's apex, where DNS allows no CNAME."
  type        = string
  nullable    = false

  validation {
    condition = (
      length(var.name) <= 253
      && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", var.name))
    )
    error_message = "The name must be a lower-case DNS name of at most 253 characters without a trailing dot, for example api.example.com."
  }
}

variable "routing" {
  description = "How Route 53 chooses between healthy targets: failover, latency or weighted, or simple for the only one."
  type        = string
  default     = "failover"
  nullable    = false

  validation {
    condition     = contains(["failover", "latency", "simple", "weighted"], var.routing)
    error_message = "The routing must be one of: failover, latency, simple, weighted."
  }
}

variable "targets" {
  description = <<-EOT
    Answers of the name, by region.
    - `host`: Host that the name leads to.
    - `role`: primary or secondary with failover routing, otherwise active.
    - `weight`: Weight of the target with weighted routing, or null otherwise.
    - `location`: Region whose clients are near the target with latency routing, or null for the target's own.
    - `health_check.host`: Host that a health check of this module probes.
    - `health_check.search`: Text that the answer must contain, or null to look at the status code alone.
    - `health_check_id`: Identifier of a health check made elsewhere, or null.
  EOT
  type = map(object({
    host     = string
    role     = string
    weight   = optional(number)
    location = optional(string)
    health_check = optional(object({
      host   = string
      search = optional(string)
    }))
    health_check_id = optional(string)
  }))
  nullable = false

  validation {
    condition     = length(var.targets) >= 1
    error_message = "The targets must hold at least one region."
  }

  validation {
    condition     = alltrue([for region in keys(var.targets) : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "The targets must be keyed by region, for example us-west-2."
  }

  validation {
    condition     = alltrue([for target in values(var.targets) : contains(["active", "primary", "secondary"], target.role)])
    error_message = "In targets, role must be one of: active, primary, secondary."
  }

  validation {
    condition = var.routing != "failover" || (
      sort([for target in values(var.targets) : target.role]) == tolist(["primary", "secondary"])
    )
    error_message = "The targets must hold exactly one primary and one secondary, and nothing else, when routing is failover."
  }

  validation {
    condition     = alltrue([for target in values(var.targets) : (var.routing == "weighted") == (target.weight != null)])
    error_message = "In targets, weight must be given for every target when routing is weighted, and for none otherwise."
  }

  validation {
    condition = alltrue([
      for target in values(var.targets) :
      target.weight == null ? true : target.weight >= 0 && target.weight <= 255 && floor(target.weight) == target.weight
    ])
    error_message = "In targets, weight must be a whole number between 0 and 255."
  }

  validation {
    condition = alltrue([
      for target in values(var.targets) : alltrue([
        for host in compact([target.host, try(target.health_check.host, null)]) : length(host) <= 253
        && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", host))
      ])
    ])
    error_message = "In targets, host and health_check.host must be lower-case DNS names of at most 253 characters without a trailing dot."
  }

  validation {
    condition = alltrue([
      for target in values(var.targets) :
      try(target.health_check.search, null) == null ? true
      : length(target.health_check.search) >= 1 && length(target.health_check.search) <= 255
    ])
    error_message = "In targets, health_check.search must have 1 to 255 characters, or be left out to match the status code alone."
  }

  validation {
    condition     = alltrue([for target in values(var.targets) : target.health_check == null || target.health_check_id == null])
    error_message = "In targets, health_check and health_check_id must not both be given."
  }

  validation {
    condition = alltrue([
      for target in values(var.targets) :
      target.health_check_id == null ? true : can(regex("^[a-z0-9-]{1,64}$", target.health_check_id))
    ])
    error_message = "In targets, health_check_id must be the id of a health check, of at most 64 small letters, digits and hyphens."
  }

  validation {
    condition     = alltrue([for target in values(var.targets) : var.routing == "latency" || target.location == null])
    error_message = "In targets, location must be left out unless routing is latency."
  }

  validation {
    condition = alltrue([
      for target in values(var.targets) : target.location == null ? true : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", target.location))
    ])
    error_message = "In targets, location must be a region, for example us-west-2."
  }

  validation {
    condition = var.routing != "latency" || (
      length(distinct([for region, target in var.targets : coalesce(target.location, region)])) == length(var.targets)
    )
    error_message = "In targets, each location must appear once, because Route 53 keeps one latency record per region."
  }

  validation {
    condition     = var.routing != "simple" || length(var.targets) == 1
    error_message = "The targets must hold exactly one region when routing is simple."
  }

  validation {
    condition = var.routing != "simple" || alltrue([
      for target in values(var.targets) : target.health_check == null && target.health_check_id == null
    ])
    error_message = "In targets, health_check and health_check_id must be left out when routing is simple, which has no other answer."
  }
}

variable "ttl" {
  description = "Seconds that resolvers may keep the answer."
  type        = number
  default     = 10
  nullable    = false

  validation {
    condition     = var.ttl >= 0 && var.ttl <= 86400 && floor(var.ttl) == var.ttl
    error_message = "The ttl must be a whole number between 0 and 86400 seconds; keep it at 60 or less, because the worst client keeps dialling a lost region for the whole of it."
  }
}

variable "zone_id" {
  description = "Id of the public hosted zone; null until the stack that creates the zone is applied, and such a plan cannot be applied."
  type        = string
  default     = null

  validation {
    condition     = var.zone_id == null ? true : can(regex("^Z[A-Z0-9]{1,31}$", var.zone_id))
    error_message = "The zone_id must be a hosted zone id: Z and up to 31 capital letters or digits."
  }
}

variable "tags" {
  description = "Tags of the health checks; records have none."
  type        = map(string)
  default     = {}
  nullable    = false
}
