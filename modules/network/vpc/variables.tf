variable "availability_zones" {
  description = "Names of the zones that get a subnet of each tier; add new ones at the end, since the position decides the range."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.availability_zones) >= 2 && length(var.availability_zones) <= 6
    error_message = "The availability_zones must be 2 to 6, because Aurora needs subnets in at least two."
  }

  validation {
    condition     = length(distinct(var.availability_zones)) == length(var.availability_zones)
    error_message = "The availability_zones must each appear once."
  }

  validation {
    condition     = alltrue([for zone in var.availability_zones : startswith(zone, var.region)])
    error_message = "The availability_zones must lie in region, such as us-east-1a in us-east-1."
  }
}

variable "cidr" {
  description = "IPv4 range of the network, which no other region of the estate may overlap."
  type        = string
  nullable    = false

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && can(regex("/(1[6-9]|2[0-4])$", var.cidr))
    error_message = "The cidr must be an IPv4 range of /16 to /24, such as 10.0.0.0/16."
  }

  validation {
    condition     = can(regex("^(10\\.|172\\.(1[6-9]|2[0-9]|3[01])\\.|192\\.168\\.|100\\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\\.)", var.cidr))
    error_message = "The cidr must be private: within 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10."
  }
}

variable "flow_logs" {
  description = <<-EOT
    Flow logs in CloudWatch, or null for none.
    - `role_arn`: ARN of the role that writes the logs.
    - `traffic`: Traffic that is logged: ALL, ACCEPT or REJECT.
    - `aggregation_seconds`: Seconds over which packets are added up, 60 or 600.
  EOT
  type = object({
    role_arn            = string
    traffic             = optional(string, "ALL")
    aggregation_seconds = optional(number, 60)
  })
  default = null

  validation {
    condition     = var.flow_logs == null || can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:role/.+$", var.flow_logs.role_arn))
    error_message = "The flow_logs.role_arn must be the ARN of an IAM role."
  }

  validation {
    condition     = var.flow_logs == null ? true : contains(["ALL", "ACCEPT", "REJECT"], var.flow_logs.traffic)
    error_message = "The flow_logs.traffic must be one of ALL, ACCEPT, REJECT."
  }

  validation {
    condition     = var.flow_logs == null ? true : contains([60, 600], var.flow_logs.aggregation_seconds)
    error_message = "The flow_logs.aggregation_seconds must be 60 or 600, the two that VPC knows."
  }

  validation {
    condition     = var.flow_logs == null || var.kms_key_arn != null
    error_message = "The flow_logs need kms_key_arn, because they tell who talks to whom."
  }
}

variable "interface_endpoints" {
  description = "AWS services, by their short name, that get an interface endpoint with private DNS, besides DynamoDB and S3 which have gateways."
  type        = set(string)
  default     = ["secretsmanager"]
  nullable    = false

  validation {
    condition     = alltrue([for service in var.interface_endpoints : can(regex("^[a-z0-9][a-z0-9.-]*$", service))])
    error_message = "The interface_endpoints must be short names of services, such as secretsmanager."
  }

  validation {
    condition     = length(setintersection(var.interface_endpoints, ["dynamodb", "s3"])) == 0
    error_message = "The interface_endpoints must not name dynamodb or s3, which have gateway endpoints already."
  }
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts flow logs, or null without them."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.kms_key_arn))
    error_message = "The kms_key_arn must be the ARN of a KMS key, not an alias."
  }
}

variable "log_retention_days" {
  description = "Days for which CloudWatch keeps flow logs."
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

variable "name" {
  description = "Name of the network and prefix of everything in it."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-zA-Z0-9_-]{1,100}$", var.name))
    error_message = "The name must be 1 to 100 letters, digits, underscores or hyphens."
  }
}

variable "region" {
  description = "Region of the network, which names the endpoints of its services."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]{1,2}$", var.region))
    error_message = "The region must be an AWS region such as us-east-1."
  }
}

variable "subnet_newbits" {
  description = "Bits by which a subnet's range is narrower than the network's, so that 4 makes sixteen subnets possible."
  type        = number
  default     = 4
  nullable    = false

  validation {
    condition     = var.subnet_newbits >= 1 && floor(var.subnet_newbits) == var.subnet_newbits
    error_message = "The subnet_newbits must be a whole number of 1 or more."
  }

  validation {
    condition     = try(tonumber(split("/", var.cidr)[1]) + var.subnet_newbits <= 28, true)
    error_message = "The subnet_newbits must leave subnets of /28 or more, the smallest that VPC knows."
  }

  validation {
    condition     = pow(2, var.subnet_newbits) >= length(var.availability_zones)
    error_message = "The subnet_newbits must allow a subnet for every availability zone."
  }
}

variable "tiers" {
  description = <<-EOT
    Tiers of subnets, each with a subnet in every zone, by tier: isolated, private or public.
    - `first`: Position of the tier's first subnet, counted in subnets of the tier's size.
    - `newbits`: Bits by which a subnet's range is narrower than the network's, or null for subnet_newbits.
  EOT
  type = map(object({
    first   = number
    newbits = optional(number)
  }))
  default  = { isolated = { first = 0 } }
  nullable = false

  validation {
    condition     = contains(keys(var.tiers), "isolated") && length(setsubtract(keys(var.tiers), ["isolated", "private", "public"])) == 0
    error_message = "The tiers must be isolated, which holds the endpoints, and besides it private, public or both."
  }

  validation {
    condition = alltrue([
      for tier in var.tiers : try(
        tier.newbits >= 1 && floor(tier.newbits) == tier.newbits && tonumber(split("/", var.cidr)[1]) + tier.newbits <= 28,
        tier.newbits == null,
      )
    ])
    error_message = "In tiers, newbits must be a whole number of 1 or more that leaves subnets of /28 or more, or null."
  }

  validation {
    condition = alltrue([
      for tier in var.tiers : (
        tier.first >= 0 && floor(tier.first) == tier.first
        && tier.first + length(var.availability_zones) <= pow(2, coalesce(tier.newbits, var.subnet_newbits))
      )
    ])
    error_message = "In tiers, first must be a whole number of 0 or more that leaves room for a subnet in every availability zone."
  }

  # start and end of each tier as shares of the network, which are exact: the divisors are powers of two
  validation {
    condition = alltrue(flatten([
      for name, tier in var.tiers : [
        for other_name, other in var.tiers : (
          name == other_name
          || (tier.first + length(var.availability_zones)) / pow(2, coalesce(tier.newbits, var.subnet_newbits)) <= other.first / pow(2, coalesce(other.newbits, var.subnet_newbits))
          || (other.first + length(var.availability_zones)) / pow(2, coalesce(other.newbits, var.subnet_newbits)) <= tier.first / pow(2, coalesce(tier.newbits, var.subnet_newbits))
        )
      ]
    ]))
    error_message = "The tiers must not overlap: move first of one of them."
  }
}

variable "tags" {
  description = "Tags of everything in the network, added to the provider's default tags."
  type        = map(string)
  default     = {}
  nullable    = false
}
