variable "alias_name" {
  description = "Alias through which functions are called, and to which provisioned concurrency belongs."
  type        = string
  default     = "live"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,128}$", var.alias_name))
    error_message = "The alias_name must have 1 to 128 letters, digits, '_' or '-'."
  }
}

variable "api_name" {
  description = "Name of the region's REST API, as CloudWatch's dimension ApiName has it."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.api_name) >= 1 && length(var.api_name) <= 255
    error_message = "The api_name must have 1 to 255 characters."
  }
}

variable "buckets" {
  description = <<-EOT
    Buckets of this region that are replicated in both directions, by name.
    - `replicas`: Name of the bucket in the other region, by region.
    - `latency_seconds`: Seconds that an object from there may take.
  EOT
  type = map(object({
    replicas        = map(string)
    latency_seconds = optional(number, 900)
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for name in concat(keys(var.buckets), flatten([for bucket in var.buckets : values(bucket.replicas)])) :
      can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", name))
    ])
    error_message = "The buckets must be bucket names, not ARNs, with bucket names as replicas."
  }

  validation {
    condition = alltrue([
      for region in flatten([for bucket in var.buckets : keys(bucket.replicas)]) :
      can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))
    ])
    error_message = "In buckets, replicas must be keyed by region, for example us-west-2."
  }

  validation {
    condition     = alltrue([for bucket in var.buckets : bucket.latency_seconds >= 60])
    error_message = "In buckets, latency_seconds must be 60 or more, because S3 reports once a minute."
  }
}

variable "cold_start_functions" {
  description = "Names of the functions whose share of cold starts is watched, made by compute/function, which counts them."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.cold_start_functions : can(regex("^[a-zA-Z0-9_-]{1,64}$", name))])
    error_message = "The cold_start_functions must be function names: 1 to 64 letters, digits, '_' or '-', not ARNs."
  }
}

variable "databases" {
  description = "Milliseconds that each of the region's Aurora clusters may lag behind the writer of its global database, by cluster identifier."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.databases) : can(regex("^[a-z][a-z0-9-]{0,62}$", name))])
    error_message = "The databases must be keyed by cluster identifier: 1 to 63 small letters, digits or hyphens."
  }

  validation {
    condition     = alltrue([for limit in values(var.databases) : limit > 0])
    error_message = "In databases, the lag must be above 0."
  }
}

variable "dead_letter_queues" {
  description = "Names of the queues that keep events which their function failed to handle."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.dead_letter_queues : can(regex("^[a-zA-Z0-9_-]{1,80}$", name))])
    error_message = "The dead_letter_queues must be queue names: 1 to 80 letters, digits, '_' or '-', not ARNs."
  }
}

variable "function_timeouts_seconds" {
  description = "Timeout in seconds of each function whose duration is watched."
  type        = map(number)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for seconds in values(var.function_timeouts_seconds) : seconds >= 1 && seconds <= 900])
    error_message = "The function_timeouts_seconds must be between 1 and 900, the timeouts that Lambda allows."
  }
}

variable "functions" {
  description = "Names of the region's functions whose errors and throttles are watched."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.functions : can(regex("^[a-zA-Z0-9_-]{1,64}$", name))])
    error_message = "The functions must be function names: 1 to 64 letters, digits, '_' or '-', not ARNs."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the topic; its policy must let cloudwatch.amazonaws.com use it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "name" {
  description = "Prefix of the topic and of every alarm, for example prod-use1."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,100}$", var.name))
    error_message = "The name must have 1 to 100 letters, digits, '_' or '-'."
  }
}

variable "notify" {
  description = "E-mail addresses that get every alarm; each must confirm its subscription once."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for address in var.notify : can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", address))])
    error_message = "The notify must be e-mail addresses, for example oncall@example.com."
  }
}

variable "provisioned_functions" {
  description = "Names of the functions whose provisioned concurrency must suffice."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for name in var.provisioned_functions : can(regex("^[a-zA-Z0-9_-]{1,64}$", name))])
    error_message = "The provisioned_functions must be function names: 1 to 64 letters, digits, '_' or '-', not ARNs."
  }
}

variable "stage_name" {
  description = "Stage of the API, as CloudWatch's dimension Stage has it."
  type        = string
  default     = "live"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,128}$", var.stage_name))
    error_message = "The stage_name must have 1 to 128 letters, digits, '_' or '-'."
  }
}

variable "tables" {
  description = "Regions that receive replicated writes from this one, by table; an empty set for a table without replicas."
  type        = map(set(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.tables) : can(regex("^[a-zA-Z0-9_.-]{3,255}$", name))])
    error_message = "The tables must be keyed by table name: 3 to 255 letters, digits, '_', '-' or '.'."
  }

  validation {
    condition     = alltrue([for region in flatten(values(var.tables)) : can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", region))])
    error_message = "The tables must list receiving regions, for example us-west-2."
  }
}

variable "thresholds" {
  description = <<-EOT
    Limits that make alarms go off.
    - `api_5xx_percent`: Share of the API's requests in per cent that end in a server error.
    - `api_latency_p99_ms`: 99th percentile of the API's latency in milliseconds.
    - `cold_start_percent`: Share of a function's calls in per cent that are cold starts.
    - `cold_starts`: Cold starts in a period below which that share says nothing.
    - `datapoints_to_alarm`: Periods among evaluation_periods that must exceed a limit.
    - `dead_letters`: Messages in a dead-letter queue.
    - `evaluation_periods`: Periods that an alarm looks at.
    - `function_duration_percent`: Share of a function's timeout in per cent that its longest call takes.
    - `function_errors`: Errors of a function in a period.
    - `function_throttles`: Throttled calls of a function in a period.
    - `object_failures`: Objects in a period that S3 failed to replicate.
    - `period_seconds`: Seconds of a period.
    - `provisioned_spill_over`: Calls in a period beyond a function's provisioned concurrency.
    - `replication_latency_ms`: Replication latency of a table in milliseconds.
    - `table_system_errors`: System errors of a table in a period.
    - `table_throttles`: Throttled requests of a table in a period.
  EOT
  type = object({
    api_5xx_percent           = optional(number, 1)
    api_latency_p99_ms        = optional(number, 1000)
    cold_start_percent        = optional(number, 10)
    cold_starts               = optional(number, 10)
    datapoints_to_alarm       = optional(number, 2)
    dead_letters              = optional(number, 1)
    evaluation_periods        = optional(number, 3)
    function_duration_percent = optional(number, 80)
    function_errors           = optional(number, 1)
    function_throttles        = optional(number, 1)
    object_failures           = optional(number, 1)
    period_seconds            = optional(number, 60)
    provisioned_spill_over    = optional(number, 1)
    replication_latency_ms    = optional(number, 5000)
    table_system_errors       = optional(number, 1)
    table_throttles           = optional(number, 1)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.thresholds.api_5xx_percent >= 0 && var.thresholds.api_5xx_percent <= 100
    error_message = "The thresholds.api_5xx_percent must be between 0 and 100."
  }

  validation {
    condition = alltrue([
      for limit in [
        var.thresholds.api_latency_p99_ms, var.thresholds.function_errors, var.thresholds.function_throttles,
        var.thresholds.replication_latency_ms, var.thresholds.table_system_errors, var.thresholds.table_throttles,
        var.thresholds.cold_starts, var.thresholds.dead_letters, var.thresholds.object_failures,
        var.thresholds.provisioned_spill_over,
      ] : limit > 0
    ])
    error_message = "In thresholds, api_latency_p99_ms, function_errors, function_throttles, replication_latency_ms, table_system_errors, table_throttles, cold_starts, dead_letters, object_failures and provisioned_spill_over must be above 0."
  }

  validation {
    condition     = var.thresholds.cold_start_percent > 0 && var.thresholds.cold_start_percent < 100
    error_message = "The thresholds.cold_start_percent must be above 0 and below 100, for no share is above all."
  }

  validation {
    condition     = var.thresholds.function_duration_percent > 0 && var.thresholds.function_duration_percent < 100
    error_message = "The thresholds.function_duration_percent must be above 0 and below 100, for a function that times out reports no more than its timeout."
  }

  validation {
    condition = (
      var.thresholds.datapoints_to_alarm >= 1
      && var.thresholds.datapoints_to_alarm <= var.thresholds.evaluation_periods
      && floor(var.thresholds.datapoints_to_alarm) == var.thresholds.datapoints_to_alarm
      && floor(var.thresholds.evaluation_periods) == var.thresholds.evaluation_periods
    )
    error_message = "The thresholds.datapoints_to_alarm and thresholds.evaluation_periods must be whole numbers with 1 <= datapoints_to_alarm <= evaluation_periods."
  }

  validation {
    condition     = var.thresholds.period_seconds >= 60 && var.thresholds.period_seconds % 60 == 0
    error_message = "The thresholds.period_seconds must be a multiple of 60, because AWS publishes these metrics once a minute."
  }

  validation {
    condition     = var.thresholds.period_seconds * var.thresholds.evaluation_periods <= 86400
    error_message = "The thresholds.period_seconds times thresholds.evaluation_periods must be at most 86400 seconds, CloudWatch's limit."
  }
}

variable "tags" {
  description = "Tags of the topic and the alarms."
  type        = map(string)
  default     = {}
  nullable    = false
}
