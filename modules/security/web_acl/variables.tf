variable "allowed_addresses" {
  description = "Address ranges whose requests pass whatever the other rules say, such as those of monitoring probes."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for cidr in var.allowed_addresses : can(cidrhost(cidr, 0)) && !endswith(cidr, "/0")])
    error_message = "The allowed_addresses must be CIDR blocks such as 192.0.2.0/24 or 2001:db8::/32, but not /0, which AWS WAF refuses."
  }
}

variable "client_address_header" {
  description = "Header that holds the client's address when requests come through a CDN, such as X-Forwarded-For; null to go by the connection's address."
  type        = string
  default     = null

  validation {
    condition     = var.client_address_header == null ? true : can(regex("^[A-Za-z0-9-]{1,255}$", var.client_address_header))
    error_message = "The client_address_header must be a header name of at most 255 letters, digits and hyphens."
  }
}

variable "denied_addresses" {
  description = "Address ranges whose requests are blocked."
  type        = set(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for cidr in var.denied_addresses : can(cidrhost(cidr, 0)) && !endswith(cidr, "/0")])
    error_message = "The denied_addresses must be CIDR blocks such as 192.0.2.0/24 or 2001:db8::/32, but not /0, which AWS WAF refuses."
  }

  validation {
    condition     = length(setintersection(var.denied_addresses, var.allowed_addresses)) == 0
    error_message = "The denied_addresses must not hold a range of allowed_addresses, which would pass."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the log group, in the web ACL's region."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key, not of an alias."
  }
}

variable "log_requests" {
  description = "Which requests are logged: matched, those that a rule blocked or counted, or all."
  type        = string
  default     = "matched"
  nullable    = false

  validation {
    condition     = contains(["all", "matched"], var.log_requests)
    error_message = "The log_requests must be one of: all, matched."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps the log."
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

variable "managed_rule_groups" {
  description = <<-EOT
    Managed rule groups of AWS, by name.
    - `priority`: Place of the group in the order of rules, from 10 up.
    - `mode`: block, or count to only count matching requests.
    - `excluded`: Names of rules of the group that only count.
  EOT
  type = map(object({
    priority = number
    mode     = optional(string, "block")
    excluded = optional(set(string), [])
  }))
  default = {
    AWSManagedRulesAmazonIpReputationList = { priority = 10 }
    AWSManagedRulesKnownBadInputsRuleSet  = { priority = 20 }
    AWSManagedRulesSQLiRuleSet            = { priority = 30 }
    AWSManagedRulesCommonRuleSet          = { priority = 40 }
  }
  nullable = false

  validation {
    condition     = alltrue([for name in keys(var.managed_rule_groups) : can(regex("^AWSManagedRules[A-Za-z0-9]{1,100}$", name))])
    error_message = "The managed_rule_groups must be keyed by names of AWS's own groups, such as AWSManagedRulesSQLiRuleSet."
  }

  validation {
    condition     = alltrue([for group in values(var.managed_rule_groups) : group.priority >= 10 && floor(group.priority) == group.priority])
    error_message = "In managed_rule_groups, priority must be a whole number of at least 10; the lists and the rate limit come before."
  }

  validation {
    condition     = length(distinct([for group in values(var.managed_rule_groups) : group.priority])) == length(var.managed_rule_groups)
    error_message = "In managed_rule_groups, each priority must appear once."
  }

  validation {
    condition     = alltrue([for group in values(var.managed_rule_groups) : contains(["block", "count"], group.mode)])
    error_message = "In managed_rule_groups, mode must be one of: block, count."
  }
}

variable "name" {
  description = "Name of the web ACL, its metrics and, after aws-waf-logs-, its log group."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,100}$", var.name))
    error_message = "The name must be 1 to 100 letters, digits, underscores or hyphens."
  }
}

variable "rate_limit" {
  description = "Requests that one address may make in five minutes before it is answered 429, or null for no limit."
  type        = number
  default     = 2000

  validation {
    condition     = var.rate_limit == null ? true : var.rate_limit >= 10 && var.rate_limit <= 2000000000 && floor(var.rate_limit) == var.rate_limit
    error_message = "The rate_limit must be a whole number from 10 to 2000000000, or null."
  }
}

variable "resources" {
  description = "Regional resources that the web ACL protects, by label, such as stages of REST APIs and load balancers; a distribution names its web ACL itself."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition = alltrue([
      for arn in values(var.resources) :
      can(regex("^arn:aws[a-z-]*:(apigateway:[a-z0-9-]+::/restapis/[^/]+/stages/.+|elasticloadbalancing:[a-z0-9-]+:[0-9]{12}:loadbalancer/app/.+)$", arn))
    ])
    error_message = "The resources must be ARNs of stages of REST APIs or of application load balancers."
  }

  validation {
    condition     = var.scope == "REGIONAL" || length(var.resources) == 0
    error_message = "The resources must be empty when scope is CLOUDFRONT: a distribution is given the web ACL's ARN."
  }
}

variable "scope" {
  description = "What the web ACL protects: REGIONAL resources of the provider's region, or CLOUDFRONT distributions."
  type        = string
  nullable    = false

  validation {
    condition     = contains(["CLOUDFRONT", "REGIONAL"], var.scope)
    error_message = "The scope must be one of: CLOUDFRONT, REGIONAL."
  }
}

variable "tags" {
  description = "Tags of the web ACL, its sets of addresses and its log group."
  type        = map(string)
  default     = {}
  nullable    = false
}
