locals {
  certificate_arn = var.certificate_arn == null ? terraform_data.upstream.output.certificate_arn : var.certificate_arn
  zone_id         = var.zone_id == null ? terraform_data.upstream.output.zone_id : var.zone_id

  # CloudFront accepts GET, HEAD, POST, PUT, PATCH, OPTIONS and DELETE in these three combinations only
  read         = tolist(["GET", "HEAD"])
  read_and_ask = tolist(["GET", "HEAD", "OPTIONS"])
  every_method = tolist(["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"])

  error_codes  = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]
  geo_modes    = { none = "none", allow = "whitelist", deny = "blacklist" }
  year_seconds = 31536000

  # AWS's own policies have the same ids in every account (CloudFront Developer Guide, "Use managed origin request policies")
  all_viewer_except_host = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
}

resource "aws_cloudfront_distribution" "this" {
  # checkov:skip=CKV_AWS_86:Access logs are delivered by standard logging v2, see access_logs.tf.
  # checkov:skip=CKV_AWS_305:An API has no root object, and a site names its own by root_object.
  # checkov:skip=CKV2_AWS_47:The rules are the web ACL's, see security/web_acl, which blocks known bad inputs.
  enabled             = true
  comment             = var.comment
  aliases             = var.aliases
  default_root_object = var.root_object
  http_version        = "http2and3"
  is_ipv6_enabled     = true
  price_class         = var.price_class
  web_acl_id          = var.web_acl_arn

  dynamic "origin" {
    for_each = local.api_origins

    content {
      origin_id           = origin.key
      domain_name         = origin.value
      connection_attempts = var.connection.attempts
      connection_timeout  = var.connection.timeout

      custom_origin_config {
        http_port                = 80
        https_port               = 443
        origin_keepalive_timeout = var.connection.keepalive
        origin_protocol_policy   = "https-only"
        origin_read_timeout      = var.connection.response_timeout
        origin_ssl_protocols     = ["TLSv1.2"]
      }

      dynamic "origin_shield" {
        # a shield is one more hop and one more charge for what is not cached
        for_each = var.shield_region == null || var.api.cache_seconds == 0 ? [] : [var.shield_region]

        content {
          enabled              = true
          origin_shield_region = origin_shield.value
        }
      }
    }
  }

  dynamic "origin" {
    for_each = toset(local.bucket_domains)

    content {
      origin_id                = origin.key
      domain_name              = origin.value
      connection_attempts      = var.connection.attempts
      connection_timeout       = var.connection.timeout
      origin_access_control_id = aws_cloudfront_origin_access_control.this[0].id

      dynamic "origin_shield" {
        for_each = var.shield_region == null ? [] : [var.shield_region]

        content {
          enabled              = true
          origin_shield_region = origin_shield.value
        }
      }
    }
  }

  dynamic "origin_group" {
    for_each = local.origin_groups

    content {
      origin_id = origin_group.key

      failover_criteria {
        status_codes = var.failover_status_codes
      }

      dynamic "member" {
        for_each = origin_group.value

        content {
          origin_id = member.value
        }
      }
    }
  }

  default_cache_behavior {
    target_origin_id           = local.default_behavior.target
    viewer_protocol_policy     = "redirect-to-https"
    allowed_methods            = local.default_behavior.methods
    cached_methods             = local.read
    compress                   = true
    cache_policy_id            = aws_cloudfront_cache_policy.this[local.default_behavior.cache].id
    origin_request_policy_id   = local.default_behavior.origin_request_policy
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
  }

  dynamic "ordered_cache_behavior" {
    for_each = local.ordered_patterns

    content {
      path_pattern               = ordered_cache_behavior.value
      target_origin_id           = local.behaviors[ordered_cache_behavior.value].target
      viewer_protocol_policy     = "redirect-to-https"
      allowed_methods            = local.behaviors[ordered_cache_behavior.value].methods
      cached_methods             = local.read
      compress                   = true
      cache_policy_id            = aws_cloudfront_cache_policy.this[local.behaviors[ordered_cache_behavior.value].cache].id
      origin_request_policy_id   = local.behaviors[ordered_cache_behavior.value].origin_request_policy
      response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
    }
  }

  # CloudFront keeps errors for 10 seconds, even where nothing else is cached, unless told otherwise for each code
  dynamic "custom_error_response" {
    for_each = toset(local.error_codes)

    content {
      error_code            = custom_error_response.value
      error_caching_min_ttl = var.error_cache_seconds
      response_code         = try(var.error_pages[tostring(custom_error_response.value)].status, null)
      response_page_path    = try(var.error_pages[tostring(custom_error_response.value)].path, null)
    }
  }

  restrictions {
    geo_restriction {
      restriction_type = local.geo_modes[var.geo.mode]
      locations        = var.geo.countries
    }
  }

  viewer_certificate {
    acm_certificate_arn      = local.certificate_arn
    minimum_protocol_version = "TLSv1.2_2021"
    ssl_support_method       = "sni-only"
  }

  tags = merge({ Name = var.name }, var.tags)

  depends_on = [terraform_data.upstream]
}

resource "aws_cloudfront_origin_access_control" "this" {
  count = length(local.bucket_domains) > 0 ? 1 : 0

  name                              = var.name
  description                       = "CloudFront signs every request of ${var.name} to a bucket."
  origin_access_control_origin_type = "s3"
  signing_behavior                  = "always"
  signing_protocol                  = "sigv4"

  depends_on = [terraform_data.upstream]
}
