variable "architecture" {
  description = "Instruction set of the function's environment."
  type        = string
  default     = "arm64"
  nullable    = false

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "The architecture must be one of arm64, x86_64."
  }
}

variable "canary" {
  description = <<-EOT
    How CodeDeploy releases new versions, or null to have Terraform move the alias at once.
    - `role_arn`: ARN of the role that CodeDeploy takes.
    - `shift.kind`: Way in which traffic moves: canary, linear or all-at-once.
    - `shift.percent`: Share of the requests that moves first (canary), or at each step (linear).
    - `shift.minutes`: Minutes until the rest (canary) or the next share (linear) moves.
    - `alarms.error_percent`: Share of failed requests of the new version in a minute that takes the release back.
    - `alarms.minimum_requests`: Requests in a minute below which that share says nothing.
    - `alarms.p99_milliseconds`: 99th percentile of the new version's duration that takes the release back, or null for none.
    - `alarms.further_alarm_names`: Names of further alarms of this region that take the release back.
    - `hooks.before_traffic`: Name of the function, CodeDeployHook_ and more, that tests the version before it takes traffic, or null.
    - `hooks.after_traffic`: Name of the function, CodeDeployHook_ and more, that tests the version after it took traffic, or null.
    - `topic_arn`: ARN of the topic that hears of releases, or null.
  EOT
  type = object({
    role_arn = string
    shift = optional(object({
      kind    = optional(string, "canary")
      percent = optional(number, 10)
      minutes = optional(number, 5)
    }), {})
    alarms = optional(object({
      error_percent       = optional(number, 1)
      minimum_requests    = optional(number, 20)
      p99_milliseconds    = optional(number)
      further_alarm_names = optional(list(string), [])
    }), {})
    hooks = optional(object({
      before_traffic = optional(string)
      after_traffic  = optional(string)
    }), {})
    topic_arn = optional(string)
  })
  default = null

  # everything else in it is validated by compute/release, which gets it as it is
  validation {
    condition     = var.canary == null ? true : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.canary.role_arn))
    error_message = "The canary.role_arn must be the ARN of an IAM role."
  }
}

variable "dead_letter" {
  description = <<-EOT
    Queue that keeps events whose asynchronous invocation failed.
    - `enabled`: Whether there is a queue.
    - `retention_days`: Days that the queue keeps an event.
    - `kms_key_arn`: ARN of the key that encrypts the queue, or null for the function's key.
    - `max_event_age_seconds`: Age in seconds after which an event counts as failed.
    - `max_retries`: Retries after which an event counts as failed.
  EOT
  type = object({
    enabled               = optional(bool, false)
    retention_days        = optional(number, 14)
    kms_key_arn           = optional(string)
    max_event_age_seconds = optional(number, 21600)
    max_retries           = optional(number, 2)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.dead_letter.retention_days >= 1 && var.dead_letter.retention_days <= 14
    error_message = "The dead_letter.retention_days must be from 1 to 14, the longest that SQS keeps a message."
  }

  validation {
    condition     = var.dead_letter.max_event_age_seconds >= 60 && var.dead_letter.max_event_age_seconds <= 21600
    error_message = "The dead_letter.max_event_age_seconds must be from 60 to 21600."
  }

  validation {
    condition     = contains([0, 1, 2], var.dead_letter.max_retries)
    error_message = "The dead_letter.max_retries must be 0, 1 or 2."
  }
}

variable "description" {
  description = "What the function does, as shown in the Lambda console."
  type        = string
  nullable    = false

  validation {
    condition     = length(var.description) >= 1 && length(var.description) <= 256
    error_message = "The description must have 1 to 256 characters."
  }
}

variable "environment" {
  description = "Environment variables, encrypted at rest under the given key."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[a-zA-Z][a-zA-Z0-9_]+$", name))])
    error_message = "In environment, names must start with a letter and have two or more letters, digits or underscores."
  }

  validation {
    condition = length(setintersection(keys(var.environment), [
      "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV",
      "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION",
      "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME",
      "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
      "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT",
    ])) == 0
    error_message = "In environment, names that Lambda sets itself, such as AWS_REGION, cannot be set."
  }

  validation {
    condition     = length(jsonencode(var.environment)) <= 4096
    error_message = "In environment, names and values together must not exceed 4 KB."
  }
}

variable "ephemeral_storage_mb" {
  description = "Size of the function's /tmp in MB."
  type        = number
  default     = 512
  nullable    = false

  validation {
    condition     = var.ephemeral_storage_mb >= 512 && var.ephemeral_storage_mb <= 10240
    error_message = "The ephemeral_storage_mb must be from 512 to 10240."
  }
}

variable "handler" {
  description = "Where the runtime finds the function in its package."
  type        = string
  default     = "handler.handler"
  nullable    = false

  validation {
    condition     = can(regex("^[^\\s]{1,128}$", var.handler))
    error_message = "The handler must be 1 to 128 characters without white space, such as handler.handler."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts environment variables, logs and, unless it has its own, the dead-letter queue."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key, not of an alias."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps the function's logs."
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

variable "memory_mb" {
  description = "Memory in MB, which also decides the share of a processor."
  type        = number
  default     = 256
  nullable    = false

  validation {
    condition     = var.memory_mb >= 128 && var.memory_mb <= 10240 && floor(var.memory_mb) == var.memory_mb
    error_message = "The memory_mb must be a whole number from 128 to 10240."
  }
}

variable "name" {
  description = "Name of the function, which also names its log group and queue."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,64}$", var.name))
    error_message = "The name must be 1 to 64 letters, digits, underscores or hyphens."
  }
}

variable "package" {
  description = "Path of the zip that holds the code; a change of its content publishes a new version."
  type        = string
  nullable    = false

  validation {
    condition     = endswith(var.package, ".zip")
    error_message = "The package must be the path of a .zip file."
  }
}

variable "provisioned_concurrency" {
  description = "Execution environments kept warm behind the alias, so that a failover meets no cold start."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.provisioned_concurrency >= 0 && floor(var.provisioned_concurrency) == var.provisioned_concurrency
    error_message = "The provisioned_concurrency must be a whole number of 0 or more."
  }

  validation {
    condition     = var.reserved_concurrency == null ? true : var.provisioned_concurrency <= var.reserved_concurrency
    error_message = "The provisioned_concurrency must not exceed reserved_concurrency."
  }
}

variable "reserved_concurrency" {
  description = "Executions set aside for the function, which is also its upper limit, or null to share the account's."
  type        = number
  default     = null

  validation {
    condition = (
      var.reserved_concurrency == null
      ? true
      : var.reserved_concurrency >= 0 && floor(var.reserved_concurrency) == var.reserved_concurrency
    )
    error_message = "The reserved_concurrency must be a whole number of 0 or more, or null; 0 stops the function."
  }
}

variable "role_arn" {
  description = "ARN of the role that the function takes on."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.role_arn))
    error_message = "The role_arn must be the ARN of an IAM role."
  }
}

variable "runtime" {
  description = "Runtime that AWS still supports for new functions."
  type        = string
  default     = "python3.12"
  nullable    = false

  validation {
    condition = contains([
      "dotnet8",
      "java17", "java21",
      "nodejs20.x", "nodejs22.x",
      "provided.al2023",
      "python3.10", "python3.11", "python3.12", "python3.13",
      "ruby3.3", "ruby3.4",
    ], var.runtime)
    error_message = "The runtime must be one of dotnet8, java17, java21, nodejs20.x, nodejs22.x, provided.al2023, python3.10, python3.11, python3.12, python3.13, ruby3.3, ruby3.4."
  }
}

variable "timeout_seconds" {
  description = "Seconds after which an invocation is stopped."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.timeout_seconds >= 1 && var.timeout_seconds <= 900 && floor(var.timeout_seconds) == var.timeout_seconds
    error_message = "The timeout_seconds must be a whole number from 1 to 900."
  }
}

variable "tracing" {
  description = "Whether invocations are traced by X-Ray."
  type        = bool
  default     = true
  nullable    = false
}

variable "vpc" {
  description = <<-EOT
    Network interfaces through which the function reaches a VPC, or null for none.
    - `subnet_ids`: Identifiers of subnets in at least two availability zones.
    - `security_group_ids`: Identifiers of the function's security groups.
  EOT
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null

  validation {
    condition = (
      var.vpc == null
      ? true
      : length(var.vpc.subnet_ids) >= 2 && alltrue([for id in var.vpc.subnet_ids : startswith(id, "subnet-")])
    )
    error_message = "The vpc.subnet_ids must be the ids of at least two subnets, in different availability zones."
  }

  validation {
    condition = (
      var.vpc == null
      ? true
      : length(var.vpc.security_group_ids) >= 1 && length(var.vpc.security_group_ids) <= 5 && alltrue([
        for id in var.vpc.security_group_ids : startswith(id, "sg-")
      ])
    )
    error_message = "The vpc.security_group_ids must be the ids of 1 to 5 security groups."
  }
}

variable "tags" {
  description = "Tags of the function, its log group and its queue, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
