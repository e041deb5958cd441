# What leads where: origins, groups of two, and which path is served by which.

locals {
  api_hosts   = var.api == null ? [] : compact([var.api.origin_host, var.api.standby_host])
  api_origins = { for place, host in local.api_hosts : ["api", "api-standby"][place] => host }
  api_routes  = var.api == null ? {} : var.api.routes
  # only GET, HEAD and OPTIONS fail over inside a group, and CloudFront refuses a group that is also written to
  api_reads_from = length(local.api_hosts) == 2 ? "api-group" : "api"

  bucket_domains = distinct(flatten([for pattern in sort(keys(var.buckets)) : var.buckets[pattern].origins]))
  bucket_pairs = distinct([
    for pattern in sort(keys(var.buckets)) : var.buckets[pattern].origins if length(var.buckets[pattern].origins) == 2
  ])
  origin_groups = merge(
    length(local.api_hosts) == 2 ? { api-group = ["api", "api-standby"] } : {},
    { for pair in local.bucket_pairs : "${pair[0]}-group" => pair },
  )

  api_behaviors = {
    for pattern, methods in local.api_routes : pattern => {
      methods = (
        length(setsubtract(methods, local.read)) == 0 ? local.read
        : length(setsubtract(methods, local.read_and_ask)) == 0 ? local.read_and_ask
        : local.every_method
      )
      target                = length(setsubtract(methods, local.read_and_ask)) == 0 ? local.api_reads_from : "api"
      cache                 = "api"
      origin_request_policy = local.all_viewer_except_host
    }
  }

  bucket_behaviors = {
    for pattern, bucket in var.buckets : pattern => {
      methods               = local.read_and_ask
      target                = length(bucket.origins) == 2 ? "${bucket.origins[0]}-group" : bucket.origins[0]
      cache                 = "objects-${bucket.cache_seconds}"
      origin_request_policy = null
    }
  }

  behaviors = merge(local.api_behaviors, local.bucket_behaviors)

  # whatever no pattern matches: of the API, reads only, unless the route "*" says more
  default_behavior = try(local.behaviors[var.default_behavior == "api" ? "*" : var.default_behavior], {
    methods               = local.read_and_ask
    target                = local.api_reads_from
    cache                 = "api"
    origin_request_policy = local.all_viewer_except_host
  })

  # CloudFront takes the first pattern that matches: exact ones first, then the longest
  ordered_patterns = [
    for key in sort([
      for pattern in keys(local.behaviors) :
      format("%s %03d %s", can(regex("[*?]", pattern)) ? "wild" : "exact", 255 - length(pattern), pattern)
      if pattern != "*"
    ]) : substr(key, length(split(" ", key)[0]) + 5, -1)
  ]
}
