# What is kept at the edge and for how long, and the headers that every answer carries.

locals {
  cache_seconds = merge(
    var.api == null ? {} : { api = var.api.cache_seconds },
    { for bucket in values(var.buckets) : "objects-${bucket.cache_seconds}" => bucket.cache_seconds },
  )

  cors_headers = {
    allow  = ["*"]
    expose = ["ETag"]
  }
}

resource "aws_cloudfront_cache_policy" "this" {
  for_each = local.cache_seconds

  name    = "${var.name}-${each.key}"
  comment = each.value == 0 ? "Nothing is kept." : "Kept for ${each.value} seconds unless the origin says otherwise."

  min_ttl     = 0
  default_ttl = each.value
  # an origin may ask for more time for an object that never changes, but not for an answer of the API
  max_ttl = each.value == 0 || each.key == "api" ? each.value : max(each.value, local.year_seconds)

  parameters_in_cache_key_and_forwarded_to_origin {
    # CloudFront refuses a policy that keeps nothing and names something to keep it by
    enable_accept_encoding_brotli = each.value > 0
    enable_accept_encoding_gzip   = each.value > 0

    # an answer of the API is kept for those who would get the same one: same caller, same origin, same query
    cookies_config {
      cookie_behavior = each.key == "api" && each.value > 0 ? "all" : "none"
    }

    headers_config {
      header_behavior = each.key == "api" && each.value > 0 ? "whitelist" : "none"

      dynamic "headers" {
        for_each = each.key == "api" && each.value > 0 ? [["Accept", "Authorization", "Origin"]] : []

        content {
          items = headers.value
        }
      }
    }

    query_strings_config {
      query_string_behavior = each.key == "api" && each.value > 0 ? "all" : "none"
    }
  }

  depends_on = [terraform_data.upstream]
}

resource "aws_cloudfront_response_headers_policy" "this" {
  name    = var.name
  comment = "Security headers of ${var.name}."

  dynamic "cors_config" {
    for_each = var.response_headers.cors == null ? [] : [var.response_headers.cors]

    content {
      access_control_allow_credentials = false
      access_control_max_age_sec       = cors_config.value.max_age_seconds
      # the API answers for itself
      origin_override = false

      access_control_allow_headers {
        items = local.cors_headers.allow
      }

      access_control_allow_methods {
        items = local.read_and_ask
      }

      access_control_allow_origins {
        items = cors_config.value.origins
      }

      access_control_expose_headers {
        items = local.cors_headers.expose
      }
    }
  }

  security_headers_config {
    content_type_options {
      override = true
    }

    frame_options {
      frame_option = var.response_headers.frame_option
      override     = true
    }

    referrer_policy {
      referrer_policy = var.response_headers.referrer_policy
      override        = true
    }

    strict_transport_security {
      access_control_max_age_sec = var.response_headers.hsts_seconds
      include_subdomains         = var.response_headers.hsts_subdomains
      override                   = true
      preload                    = false
    }

    dynamic "content_security_policy" {
      for_each = var.response_headers.content_security_policy == null ? [] : [var.response_headers.content_security_policy]

      content {
        content_security_policy = content_security_policy.value
        # a page may carry a stricter one of its own
        override = false
      }
    }
  }

  depends_on = [terraform_data.upstream]
}
