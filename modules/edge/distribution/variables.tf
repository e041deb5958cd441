variable "aliases" {
  description = "Host names that viewers use, each of which gets an A and an AAAA record."
  type        = list(string)
  nullable    = false

  validation {
    condition     = length(var.aliases) >= 1 && length(distinct(var.aliases)) == length(var.aliases)
    error_message = "The aliases must hold at least one host name, and each once."
  }

  validation {
    condition = alltrue([
      for host in var.aliases : length(host) <= 253
      && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", host))
    ])
    error_message = "The aliases must be lower-case DNS names of at most 253 characters without a trailing dot."
  }
}

variable "api" {
  description = <<-EOT
    API behind the distribution, or null for none.
    - `origin_host`: Host of the API, a name that fails over by DNS.
    - `standby_host`: Host that reads fall back on within a request, or null for no fallback.
    - `routes`: HTTP methods by path pattern.
    - `cache_seconds`: Seconds that answers to reads are kept at the edge.
  EOT
  type = object({
    origin_host   = string
    standby_host  = optional(string)
    routes        = map(set(string))
    cache_seconds = optional(number, 0)
  })
  default = null

  validation {
    condition = var.api == null ? true : alltrue([
      for host in compact([var.api.origin_host, var.api.standby_host]) : length(host) <= 253
      && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$", host))
    ])
    error_message = "In api, origin_host and standby_host must be lower-case DNS names of at most 253 characters without a trailing dot."
  }

  validation {
    condition     = var.api == null ? true : var.api.standby_host != var.api.origin_host
    error_message = "The api.standby_host must not be origin_host, because a second attempt at the same place helps nobody."
  }

  validation {
    condition = var.api == null ? true : alltrue([
      for pattern in keys(var.api.routes) : length(pattern) <= 255 && can(regex("^(\\*|/[A-Za-z0-9_.*$/~\"'@:+&?-]*)$", pattern))
    ])
    error_message = "The api.routes must be keyed by path patterns of at most 255 characters that start with /, such as /items/*, or by * for what no pattern matches."
  }

  validation {
    condition = var.api == null ? true : alltrue([
      for methods in values(var.api.routes) : length(methods) > 0
      && length(setsubtract(methods, ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])) == 0
    ])
    error_message = "The api.routes must name at least one method each, of DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT."
  }

  validation {
    condition     = var.api == null ? true : var.api.cache_seconds >= 0 && var.api.cache_seconds <= 31536000 && floor(var.api.cache_seconds) == var.api.cache_seconds
    error_message = "The api.cache_seconds must be a whole number from 0, which keeps nothing, to 31536000."
  }
}

variable "buckets" {
  description = <<-EOT
    Buckets behind path patterns such as /static/*, by pattern.
    - `origins`: Regional domain names of one bucket, or of two: the second is asked when the first fails.
    - `cache_seconds`: Seconds that objects are kept at the edge.
  EOT
  type = map(object({
    origins       = list(string)
    cache_seconds = optional(number, 86400)
  }))
  default  = {}
  nullable = false

  validation {
    condition = alltrue([
      for pattern in keys(var.buckets) : length(pattern) <= 255 && can(regex("^/[A-Za-z0-9_.*$/~\"'@:+&?-]*$", pattern))
    ])
    error_message = "The buckets must be keyed by path patterns of at most 255 characters that start with /, such as /static/*."
  }

  validation {
    condition     = length(setintersection(keys(var.buckets), var.api == null ? [] : keys(var.api.routes))) == 0
    error_message = "The buckets must not be keyed by a path pattern that is also a route of the api."
  }

  validation {
    condition = alltrue([
      for bucket in values(var.buckets) : contains([1, 2], length(bucket.origins)) && length(distinct(bucket.origins)) == length(bucket.origins)
    ])
    error_message = "In buckets, origins must name one bucket, or two different ones, the most that CloudFront fails over between."
  }

  validation {
    condition = alltrue(flatten([
      for bucket in values(var.buckets) : [
        for origin in bucket.origins : can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]\\.s3\\.[a-z0-9-]+\\.amazonaws\\.com$", origin))
      ]
    ]))
    error_message = "In buckets, origins must be regional domain names of buckets such as site.s3.us-east-1.amazonaws.com."
  }

  validation {
    condition = alltrue([
      for pairs in values({
        for bucket in values(var.buckets) : bucket.origins[0] => join(" ", bucket.origins)... if length(bucket.origins) == 2
      }) : length(distinct(pairs)) == 1
    ])
    error_message = "In buckets, origins that begin with the same bucket must go on with the same one."
  }

  validation {
    condition = alltrue([
      for bucket in values(var.buckets) :
      bucket.cache_seconds >= 0 && bucket.cache_seconds <= 31536000 && floor(bucket.cache_seconds) == bucket.cache_seconds
    ])
    error_message = "In buckets, cache_seconds must be a whole number from 0, which keeps nothing, to 31536000."
  }
}

variable "certificate_arn" {
  description = "ARN of the certificate of us-east-1 that covers every alias; null until the stack that asks for it is applied, and such a plan cannot be applied."
  type        = string
  default     = null

  validation {
    condition = (
      var.certificate_arn == null ? true : can(regex("^arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/.+$", var.certificate_arn))
    )
    error_message = "The certificate_arn must be the ARN of an ACM certificate of us-east-1, the only region that CloudFront takes one from."
  }
}

variable "comment" {
  description = "What the distribution is for, as the CloudFront console shows it."
  type        = string
  default     = "Managed by Terraform."
  nullable    = false

  validation {
    condition     = length(var.comment) <= 128
    error_message = "The comment must have at most 128 characters."
  }
}

variable "connection" {
  description = <<-EOT
    How CloudFront connects to an origin.
    - `attempts`: Attempts to connect.
    - `timeout`: Seconds that each attempt may take.
    - `response_timeout`: Seconds that CloudFront waits for an answer of the API.
    - `keepalive`: Seconds that an idle connection to the API is kept.
  EOT
  type = object({
    attempts         = optional(number, 1)
    timeout          = optional(number, 2)
    response_timeout = optional(number, 3)
    keepalive        = optional(number, 5)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains([1, 2, 3], var.connection.attempts)
    error_message = "The connection.attempts must be one of: 1, 2, 3."
  }

  validation {
    condition     = var.connection.timeout >= 1 && var.connection.timeout <= 10 && floor(var.connection.timeout) == var.connection.timeout
    error_message = "The connection.timeout must be a whole number from 1 to 10 seconds."
  }

  validation {
    condition = (
      var.connection.response_timeout >= 1 && var.connection.response_timeout <= 120
      && floor(var.connection.response_timeout) == var.connection.response_timeout
    )
    error_message = "The connection.response_timeout must be a whole number from 1 to 120 seconds."
  }

  validation {
    condition = (
      var.connection.keepalive >= 1 && var.connection.keepalive <= 120
      && floor(var.connection.keepalive) == var.connection.keepalive
    )
    error_message = "The connection.keepalive must be a whole number from 1 to 120 seconds."
  }
}

variable "default_behavior" {
  description = "What serves a path that no pattern matches: api, or the path pattern of one of the buckets."
  type        = string
  default     = "api"
  nullable    = false

  validation {
    condition     = var.default_behavior == "api" ? var.api != null : contains(keys(var.buckets), var.default_behavior)
    error_message = "The default_behavior must be api when there is one, or a path pattern of buckets."
  }

  validation {
    condition     = var.default_behavior == "api" || !contains(try(keys(var.api.routes), []), "*")
    error_message = "The default_behavior must be api when the api's routes hold *, which says what no pattern matches."
  }
}

variable "error_cache_seconds" {
  description = "How long an origin's error is kept at the edge; 0 lets every request see whether the origin has recovered."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.error_cache_seconds >= 0 && var.error_cache_seconds <= 86400 && floor(var.error_cache_seconds) == var.error_cache_seconds
    error_message = "The error_cache_seconds must be a whole number from 0 to 86400."
  }
}

variable "error_pages" {
  description = <<-EOT
    Pages that viewers get in place of an origin's error, by status code.
    - `path`: Path of the page.
    - `status`: Status code that viewers get with the page.
  EOT
  type = map(object({
    path   = string
    status = number
  }))
  default  = {}
  nullable = false

  validation {
    condition = length(setsubtract(keys(var.error_pages), [
      "400", "403", "404", "405", "414", "416", "500", "501", "502", "503", "504",
    ])) == 0
    error_message = "The error_pages must be keyed by a status code of 400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504."
  }

  validation {
    condition = alltrue([
      for page in values(var.error_pages) :
      startswith(page.path, "/") && contains([200, 400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504], page.status)
    ])
    error_message = "In error_pages, path must start with / and status be 200 or one of the status codes that have a page."
  }
}

variable "failover_status_codes" {
  description = "Answers of the first origin of a group on which CloudFront asks the second; silence always counts."
  type        = set(number)
  default     = [500, 502, 503, 504]
  nullable    = false

  validation {
    condition     = length(var.failover_status_codes) > 0 && length(setsubtract(var.failover_status_codes, [403, 404, 500, 502, 503, 504])) == 0
    error_message = "The failover_status_codes must be among: 403, 404, 500, 502, 503, 504, and at least one."
  }
}

variable "geo" {
  description = <<-EOT
    Countries in which the distribution serves.
    - `mode`: none (everywhere), allow (only the countries) or deny (everywhere else).
    - `countries`: Codes of two capital letters (ISO 3166-1).
  EOT
  type = object({
    mode      = optional(string, "none")
    countries = optional(set(string), [])
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["allow", "deny", "none"], var.geo.mode)
    error_message = "The geo.mode must be one of: allow, deny, none."
  }

  validation {
    condition     = (var.geo.mode == "none") == (length(var.geo.countries) == 0)
    error_message = "The geo.countries must be given when mode is allow or deny, and only then."
  }

  validation {
    condition     = alltrue([for country in var.geo.countries : can(regex("^[A-Z]{2}$", country))])
    error_message = "The geo.countries must be ISO 3166-1 codes of two capital letters, such as DE."
  }
}

variable "logs" {
  description = <<-EOT
    Access logs in a bucket that this module makes, or null for none.
    - `account_id`: Account of the distribution and the bucket.
    - `bucket_name`: Name of the bucket, unique in all of AWS.
    - `kms_key_arn`: ARN of the key in us-east-1 that encrypts the logs.
    - `force_destroy`: Whether destroying the bucket also deletes every log in it.
    - `retention_days`: Days that a log is kept.
  EOT
  type = object({
    account_id     = string
    bucket_name    = string
    kms_key_arn    = string
    force_destroy  = optional(bool, false)
    retention_days = optional(number, 90)
  })
  default = null

  validation {
    condition     = var.logs == null ? true : can(regex("^[0-9]{12}$", var.logs.account_id))
    error_message = "The logs.account_id must be 12 digits."
  }

  validation {
    condition     = var.logs == null ? true : can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.logs.bucket_name))
    error_message = "The logs.bucket_name must have 3 to 63 lower-case letters, digits or '-', and start and end with a letter or digit."
  }

  validation {
    condition     = var.logs == null ? true : can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/.+$", var.logs.kms_key_arn))
    error_message = "The logs.kms_key_arn must be the ARN of a KMS key, not of an alias."
  }

  validation {
    condition     = var.logs == null ? true : var.logs.retention_days >= 1 && floor(var.logs.retention_days) == var.logs.retention_days
    error_message = "The logs.retention_days must be a whole number of at least 1."
  }
}

variable "name" {
  description = "Name of the distribution's policies and log delivery, unique in the account."
  type        = string
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,60}$", var.name))
    error_message = "The name must be 1 to 60 letters, digits, underscores or hyphens."
  }
}

variable "price_class" {
  description = "Edge locations that serve: PriceClass_100 North America, Europe and Israel, PriceClass_200 most others, PriceClass_All every one."
  type        = string
  default     = "PriceClass_100"
  nullable    = false

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "The price_class must be one of: PriceClass_100, PriceClass_200, PriceClass_All."
  }
}

variable "response_headers" {
  description = <<-EOT
    Headers that every answer carries.
    - `hsts_seconds`: Seconds that browsers must use HTTPS (Strict-Transport-Security).
    - `hsts_subdomains`: Whether that holds for subdomains too.
    - `frame_option`: X-Frame-Options: DENY or SAMEORIGIN.
    - `referrer_policy`: Referrer-Policy of the pages.
    - `content_security_policy`: Content-Security-Policy of the pages, or null for none.
    - `cors.origins`: Origins of web pages that may read objects, or * for all.
    - `cors.max_age_seconds`: Seconds that a browser may keep the answer to a preflight request.
  EOT
  type = object({
    hsts_seconds            = optional(number, 63072000)
    hsts_subdomains         = optional(bool, false)
    frame_option            = optional(string, "DENY")
    referrer_policy         = optional(string, "strict-origin-when-cross-origin")
    content_security_policy = optional(string)
    cors = optional(object({
      origins         = set(string)
      max_age_seconds = optional(number, 600)
    }))
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.response_headers.hsts_seconds >= 0 && floor(var.response_headers.hsts_seconds) == var.response_headers.hsts_seconds
    error_message = "The response_headers.hsts_seconds must be a whole number of at least 0."
  }

  validation {
    condition     = contains(["DENY", "SAMEORIGIN"], var.response_headers.frame_option)
    error_message = "The response_headers.frame_option must be one of: DENY, SAMEORIGIN."
  }

  validation {
    condition = contains([
      "no-referrer", "no-referrer-when-downgrade", "origin", "origin-when-cross-origin", "same-origin", "strict-origin",
      "strict-origin-when-cross-origin", "unsafe-url",
    ], var.response_headers.referrer_policy)
    error_message = "The response_headers.referrer_policy must be one of: no-referrer, no-referrer-when-downgrade, origin, origin-when-cross-origin, same-origin, strict-origin, strict-origin-when-cross-origin, unsafe-url."
  }

  validation {
    condition = var.response_headers.cors == null ? true : length(var.response_headers.cors.origins) > 0 && alltrue([
      for origin in var.response_headers.cors.origins : can(regex("^(\\*|https?://[A-Za-z0-9*.-]+(:[0-9]{1,5})?)$", origin))
    ])
    error_message = "The response_headers.cors.origins must hold * or scheme://host[:port], without path or trailing slash."
  }

  validation {
    condition = var.response_headers.cors == null ? true : (
      var.response_headers.cors.max_age_seconds >= 0 && var.response_headers.cors.max_age_seconds <= 86400
    )
    error_message = "The response_headers.cors.max_age_seconds must be from 0 to 86400, the longest that any browser heeds."
  }
}

variable "root_object" {
  description = "Object served for /, such as static/index.html, or null."
  type        = string
  default     = null

  validation {
    condition     = var.root_object == null ? true : length(var.root_object) <= 255 && can(regex("^[^/]", var.root_object))
    error_message = "The root_object must be the key of an object, of at most 255 characters and without a leading slash."
  }
}

variable "shield_region" {
  description = "Region whose cache is asked before any bucket is, and before the API where its answers are kept; null for none."
  type        = string
  default     = null

  validation {
    condition = var.shield_region == null ? true : contains([
      "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "eu-central-1", "eu-west-1",
      "eu-west-2", "sa-east-1", "us-east-1", "us-east-2", "us-west-2",
    ], var.shield_region)
    error_message = "The shield_region must be one of: ap-northeast-1, ap-northeast-2, ap-south-1, ap-southeast-1, ap-southeast-2, eu-central-1, eu-west-1, eu-west-2, sa-east-1, us-east-1, us-east-2, us-west-2."
  }
}

variable "web_acl_arn" {
  description = "ARN of the web ACL of scope CLOUDFRONT in front of the distribution, or null."
  type        = string
  default     = null

  validation {
    condition     = var.web_acl_arn == null ? true : can(regex("^arn:aws[a-z-]*:wafv2:us-east-1:[0-9]{12}:global/webacl/.+$", var.web_acl_arn))
    error_message = "The web_acl_arn must be the ARN of a web ACL of scope CLOUDFRONT, which lives in us-east-1."
  }
}

variable "zone_id" {
  description = "Id of the public hosted zone of the aliases; null until the stack that creates the zone is applied, and such a plan cannot be applied."
  type        = string
  default     = null

  validation {
    condition     = var.zone_id == null ? true : can(regex("^Z[A-Z0-9]{1,31}$", var.zone_id))
    error_message = "The zone_id must be a hosted zone id: Z and up to 31 capital letters or digits."
  }
}

variable "tags" {
  description = "Tags of the distribution, its log bucket and its log delivery."
  type        = map(string)
  default     = {}
  nullable    = false
}
