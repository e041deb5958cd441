variable "additional_metrics" {
  description = "Whether CloudFront also reports on origin latency, cache hits and single status codes, for a monthly fee."
  type        = bool
  default     = true
  nullable    = false
}

variable "distribution_id" {
  description = "Identifier of the distribution, as CloudWatch's dimension DistributionId has it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Z0-9]{1,64}$", var.distribution_id))
    error_message = "The distribution_id must be the id of a distribution, for example E1A2B3C4D5E6F7, not its ARN or domain name."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key in us-east-1 that encrypts the topic; its policy must let cloudwatch.amazonaws.com use it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "name" {
  description = "Prefix of the topic and of every alarm, for example prod-cdn."
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

variable "thresholds" {
  description = <<-EOT
    Limits that make alarms go off.
    - `datapoints_to_alarm`: Periods among evaluation_periods that must exceed a limit.
    - `error_5xx_percent`: Share of requests in per cent that end in a server error.
    - `error_percent`: Share of requests in per cent that end in an error of either kind.
    - `evaluation_periods`: Periods that an alarm looks at.
    - `origin_latency_ms`: 90th percentile of the origins' latency in milliseconds.
    - `period_seconds`: Seconds of a period.
  EOT
  type = object({
    datapoints_to_alarm = optional(number, 2)
    error_5xx_percent   = optional(number, 1)
    error_percent       = optional(number, 25)
    evaluation_periods  = optional(number, 3)
    origin_latency_ms   = optional(number, 2000)
    period_seconds      = optional(number, 60)
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for percent in [var.thresholds.error_5xx_percent, var.thresholds.error_percent] : percent >= 0 && percent < 100
    ])
    error_message = "In thresholds, error_5xx_percent and error_percent must be 0 or more and below 100."
  }

  validation {
    condition     = var.thresholds.origin_latency_ms > 0
    error_message = "The thresholds.origin_latency_ms must be above 0."
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
    error_message = "The thresholds.period_seconds must be a multiple of 60, because CloudFront publishes its metrics once a minute."
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
