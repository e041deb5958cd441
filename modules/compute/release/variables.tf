variable "alarms" {
  description = <<-EOT
    Alarms that stop a release and take it back.
    - `error_percent`: Share of failed requests of the new version in a minute that takes the release back.
    - `minimum_requests`: Requests in a minute below which that share says nothing.
    - `p99_milliseconds`: 99th percentile of the new version's duration that takes the release back, or null for none.
    - `further_alarm_names`: Names of further alarms of this region that take the release back.
  EOT
  type = object({
    error_percent       = optional(number, 1)
    minimum_requests    = optional(number, 20)
    p99_milliseconds    = optional(number)
    further_alarm_names = optional(list(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.alarms.error_percent > 0 && var.alarms.error_percent <= 100
    error_message = "The alarms.error_percent must be above 0 and at most 100."
  }

  validation {
    condition     = var.alarms.minimum_requests >= 1 && floor(var.alarms.minimum_requests) == var.alarms.minimum_requests
    error_message = "The alarms.minimum_requests must be a whole number of at least 1."
  }

  validation {
    condition     = var.alarms.p99_milliseconds == null ? true : var.alarms.p99_milliseconds > 0
    error_message = "The alarms.p99_milliseconds must be above 0, or null."
  }

  validation {
    condition     = length(var.alarms.further_alarm_names) <= 8
    error_message = "The alarms.further_alarm_names must be at most 8, since CodeDeploy takes 10 and two are the module's own."
  }
}

variable "alias_name" {
  description = "Alias that the release moves."
  type        = string
  default     = "live"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,100}$", var.alias_name)) && !can(regex("^[0-9]+$", var.alias_name))
    error_message = "The alias_name must be 1 to 100 letters, digits, underscores or hyphens, and not a number."
  }
}

variable "candidate_version" {
  description = "Version that was published last and is to be released."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]+$", var.candidate_version))
    error_message = "The candidate_version must be the number of a published version, not $LATEST."
  }
}

variable "function_name" {
  description = "Function whose versions are released."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,64}$", var.function_name))
    error_message = "The function_name must be 1 to 64 letters, digits, underscores or hyphens."
  }
}

variable "hooks" {
  description = <<-EOT
    Functions, named CodeDeployHook_ and more, that test the new version.
    - `before_traffic`: Name of the function that is called before the version takes traffic, or null.
    - `after_traffic`: Name of the function that is called after the version took traffic, or null.
  EOT
  type = object({
    before_traffic = optional(string)
    after_traffic  = optional(string)
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for hook in [var.hooks.before_traffic, var.hooks.after_traffic] :
      hook == null ? true : can(regex("^CodeDeployHook_[a-zA-Z0-9_-]{1,49}$", hook))
    ])
    error_message = "In hooks, names must start with CodeDeployHook_ and have at most 64 letters, digits, underscores or hyphens."
  }
}

variable "log_group_name" {
  description = "Log group in which each failed request of a version is one JSON line with `level` ERROR and `version`, or null to count the errors of the function alone."
  type        = string
  default     = null

  validation {
    condition     = var.log_group_name == null ? true : can(regex("^[a-zA-Z0-9_/.#-]{1,512}$", var.log_group_name))
    error_message = "The log_group_name must be 1 to 512 letters, digits or one of _ / . # -, or null."
  }
}

variable "name" {
  description = "Name of the CodeDeploy application, which also names its alarms."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9._+=,@-]{1,64}$", var.name))
    error_message = "The name must be 1 to 64 letters, digits or one of . _ + = , @ -."
  }
}

variable "role_arn" {
  description = "ARN of the role that CodeDeploy takes on, as security/release_role makes it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.role_arn))
    error_message = "The role_arn must be the ARN of an IAM role."
  }
}

variable "serving_version" {
  description = "Version that the alias points at now."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[0-9]+$", var.serving_version))
    error_message = "The serving_version must be the number of a published version, not $LATEST."
  }
}

variable "shift" {
  description = <<-EOT
    How traffic moves to the new version.
    - `kind`: Way in which traffic moves: canary, linear or all-at-once.
    - `percent`: Share of the requests that moves first (canary), or at each step (linear).
    - `minutes`: Minutes until the rest (canary) or the next share (linear) moves.
  EOT
  type = object({
    kind    = optional(string, "canary")
    percent = optional(number, 10)
    minutes = optional(number, 5)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["all-at-once", "canary", "linear"], var.shift.kind)
    error_message = "The shift.kind must be one of all-at-once, canary, linear."
  }

  validation {
    condition     = var.shift.percent >= 1 && var.shift.percent <= 99 && floor(var.shift.percent) == var.shift.percent
    error_message = "The shift.percent must be a whole number from 1 to 99."
  }

  validation {
    condition     = var.shift.minutes >= 1 && var.shift.minutes <= 2880 && floor(var.shift.minutes) == var.shift.minutes
    error_message = "The shift.minutes must be a whole number from 1 to 2880, the two days that a deployment may take."
  }
}

variable "topic_arn" {
  description = "ARN of the topic that hears of every release and of every one taken back, or null."
  type        = string
  default     = null

  validation {
    condition     = var.topic_arn == null || can(regex("^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:.+$", var.topic_arn))
    error_message = "The topic_arn must be the ARN of an SNS topic, or null."
  }
}

variable "tags" {
  description = "Tags of the application, its group and its alarms, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
