variable "access_log_retention_days" {
  description = "Days for which CloudWatch keeps the access and execution logs."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition = contains(
      [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653],
      var.access_log_retention_days,
    )
    error_message = "The access_log_retention_days must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "aliases" {
  description = "Alias of each function by the function's name, as the resource that makes it gives it, so that permissions wait for it."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "cloudwatch_role_arn" {
  description = "ARN of the role by which API Gateway writes logs, set for the whole account in this region, or null when another root sets it."
  type        = string
  default     = null

  validation {
    condition     = var.cloudwatch_role_arn == null || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.cloudwatch_role_arn))
    error_message = "The cloudwatch_role_arn must be the ARN of an IAM role, or null."
  }
}

variable "cors" {
  description = <<-EOT
    Web pages of other origins that may call the API; none when origins is empty.
    - `origins`: Origins of the pages, such as https://www.example.com, or * for all.
    - `headers`: Request headers that the pages may send.
    - `max_age_seconds`: Seconds that a browser may keep the answer to a preflight request.
  EOT
  type = object({
    origins         = optional(set(string), [])
    headers         = optional(set(string), ["Content-Type", "Idempotency-Key"])
    max_age_seconds = optional(number, 600)
  })
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for origin in var.cors.origins : can(regex("^(\\*|[a-z][a-z0-9+.-]*://[A-Za-z0-9.-]+(:[0-9]{1,5})?)$", origin))
    ])
    error_message = "The cors.origins must be * or scheme://host[:port], without path or trailing slash."
  }

  validation {
    condition     = !contains(var.cors.origins, "*") || length(var.cors.origins) == 1
    error_message = "The cors.origins must not name * together with others."
  }

  validation {
    condition     = alltrue([for header in var.cors.headers : can(regex("^[A-Za-z0-9-]+$", header))])
    error_message = "The cors.headers must be header names of letters, digits and hyphens."
  }

  validation {
    condition     = var.cors.max_age_seconds >= 0 && var.cors.max_age_seconds <= 86400
    error_message = "The cors.max_age_seconds must be from 0 to 86400, the longest that any browser heeds."
  }
}

variable "domain_names" {
  description = "Custom domain names of this region that the API answers to, which closes its execute-api endpoint."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for name in var.domain_names : can(regex("^([a-z0-9]([a-z0-9-]*[a-z0-9])?\\.)+[a-z]{2,}$", name))
    ])
    error_message = "The domain_names must be host names in lower case such as api.example.com."
  }
}

variable "execution_logging" {
  description = "What API Gateway logs of its own work, besides the access log."
  type        = string
  default     = "ERROR"
  nullable    = false

  validation {
    condition     = contains(["OFF", "ERROR", "INFO"], var.execution_logging)
    error_message = "The execution_logging must be one of OFF, ERROR, INFO."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the logs."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key, not of an alias."
  }
}

variable "metrics" {
  description = "Whether CloudWatch keeps metrics of each method."
  type        = bool
  default     = true
  nullable    = false
}

variable "name" {
  description = "Name of the API, which also names its access log."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,128}$", var.name))
    error_message = "The name must be 1 to 128 letters, digits, underscores or hyphens."
  }
}

variable "routes" {
  description = <<-EOT
    Routes of the API, by method and path of up to four levels, such as `GET /items/{id}`.
    - `function_name`: Name of the function behind the route.
    - `invoke_arn`: Invoke ARN of the function's alias.
    - `alias`: Name of the alias that is called.
    - `authorization`: NONE, or AWS_IAM for requests signed with AWS credentials.
    - `body_schema`: JSON Schema (draft 4) that the body of a request must satisfy, or null for any body.
    - `required_headers`: Headers that a request must have.
    - `required_query_parameters`: Query parameters that a request must have.
  EOT
  type = map(object({
    function_name             = string
    invoke_arn                = string
    alias                     = optional(string, "live")
    authorization             = optional(string, "NONE")
    body_schema               = optional(string)
    required_headers          = optional(set(string), [])
    required_query_parameters = optional(set(string), [])
  }))
  nullable = false

  validation {
    condition     = length(var.routes) > 0
    error_message = "The routes must have at least one route."
  }

  validation {
    condition = alltrue([
      for route in keys(var.routes) :
      can(regex("^(DELETE|GET|HEAD|PATCH|POST|PUT) /([A-Za-z0-9._:-]+|\\{[A-Za-z0-9_]+\\})?(/([A-Za-z0-9._:-]+|\\{[A-Za-z0-9_]+\\}))*$", route))
    ])
    error_message = "In routes, keys must be a method of DELETE, GET, HEAD, PATCH, POST, PUT and a path, such as GET /items/{id}."
  }

  validation {
    condition     = alltrue([for route in keys(var.routes) : length(split("/", route)) <= 5])
    error_message = "In routes, paths must have at most four levels."
  }

  validation {
    # one name for each place, since API Gateway refuses siblings such as /items/{id} and /items/{key}
    condition = alltrue([
      for parent, variables in {
        for place in flatten([
          for route in keys(var.routes) : [
            for level, part in split("/", split(" ", route)[1]) : {
              parent   = join("/", slice(split("/", split(" ", route)[1]), 0, level))
              variable = part
            } if startswith(part, "{")
          ]
        ]) : place.parent => place.variable...
      } : length(distinct(variables)) == 1
    ])
    error_message = "In routes, two paths must not name the parameter in the same place differently."
  }

  validation {
    condition     = alltrue([for route in var.routes : contains(["NONE", "AWS_IAM"], route.authorization)])
    error_message = "In routes, authorization must be one of NONE, AWS_IAM."
  }

  validation {
    condition = alltrue([
      for route in var.routes : route.body_schema == null ? true : can(keys(jsondecode(route.body_schema)))
    ])
    error_message = "In routes, body_schema must be a JSON Schema, written as a JSON object."
  }

  validation {
    condition = alltrue(flatten([
      for route in var.routes : [for header in route.required_headers : can(regex("^[A-Za-z0-9-]+$", header))]
    ]))
    error_message = "In routes, required_headers must be header names of letters, digits and hyphens."
  }

  validation {
    condition = alltrue(flatten([
      for route in var.routes : [for name in route.required_query_parameters : can(regex("^[A-Za-z0-9._-]+$", name))]
    ]))
    error_message = "In routes, required_query_parameters must be names of letters, digits, dots, underscores and hyphens."
  }
}

variable "stage_name" {
  description = "Name of the only stage."
  type        = string
  default     = "live"
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_]{1,128}$", var.stage_name))
    error_message = "The stage_name must be 1 to 128 letters, digits or underscores."
  }
}

variable "throttle" {
  description = <<-EOT
    Requests that each method takes, enough for all traffic when other regions are lost.
    - `rate`: Steady requests per second.
    - `burst`: Requests at once.
  EOT
  type = object({
    rate  = optional(number, 1000)
    burst = optional(number, 2000)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.throttle.rate > 0
    error_message = "The throttle.rate must be greater than 0, the value that would refuse every request."
  }

  validation {
    condition     = var.throttle.burst > 0 && floor(var.throttle.burst) == var.throttle.burst
    error_message = "The throttle.burst must be a whole number greater than 0."
  }
}

variable "tracing" {
  description = "Whether requests are traced by X-Ray."
  type        = bool
  default     = true
  nullable    = false
}

variable "tags" {
  description = "Tags of the API, its stage and its logs, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
