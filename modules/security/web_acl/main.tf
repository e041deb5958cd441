data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  # one set of addresses for each list and family, since a set holds one family only
  address_lists = {
    for key, list in {
      allow-4 = { action = "allow", version = "IPV4", addresses = [for cidr in var.allowed_addresses : cidr if !strcontains(cidr, ":")] }
      allow-6 = { action = "allow", version = "IPV6", addresses = [for cidr in var.allowed_addresses : cidr if strcontains(cidr, ":")] }
      deny-4  = { action = "deny", version = "IPV4", addresses = [for cidr in var.denied_addresses : cidr if !strcontains(cidr, ":")] }
      deny-6  = { action = "deny", version = "IPV6", addresses = [for cidr in var.denied_addresses : cidr if strcontains(cidr, ":")] }
    } : key => list if length(list.addresses) > 0
  }
  # the first rule that allows or blocks ends the evaluation: lists, then the rate, then the managed groups from 10
  list_priority = { allow-4 = 0, allow-6 = 1, deny-4 = 2, deny-6 = 3 }
  rate_priority = 4
}

resource "aws_wafv2_ip_set" "this" {
  for_each = local.address_lists

  name               = "${var.name}-${each.key}"
  description        = "Addresses to ${each.value.action}."
  scope              = var.scope
  ip_address_version = each.value.version
  addresses          = each.value.addresses

  tags = var.tags
}

resource "aws_wafv2_web_acl" "this" {
  name        = var.name
  description = "Requests to ${var.name}."
  scope       = var.scope

  default_action {
    allow {}
  }

  custom_response_body {
    key          = "too-many-requests"
    content_type = "APPLICATION_JSON"
    content      = jsonencode({ error = "too_many_requests", reason = "rate limit" })
  }

  dynamic "rule" {
    for_each = local.address_lists

    content {
      name     = rule.key
      priority = local.list_priority[rule.key]

      action {
        dynamic "allow" {
          for_each = rule.value.action == "allow" ? [true] : []

          content {}
        }

        dynamic "block" {
          for_each = rule.value.action == "deny" ? [true] : []

          content {}
        }
      }

      statement {
        ip_set_reference_statement {
          arn = aws_wafv2_ip_set.this[rule.key].arn

          # a client can write what it likes into the header: good enough to be blocked by, never to pass by
          dynamic "ip_set_forwarded_ip_config" {
            for_each = var.client_address_header == null || rule.value.action == "allow" ? [] : [var.client_address_header]

            content {
              header_name       = ip_set_forwarded_ip_config.value
              fallback_behavior = "NO_MATCH"
              position          = "ANY"
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = "${var.name}-${rule.key}"
        sampled_requests_enabled   = true
      }
    }
  }

  dynamic "rule" {
    for_each = var.rate_limit == null ? [] : [var.rate_limit]

    content {
      name     = "rate-limit"
      priority = local.rate_priority

      action {
        block {
          custom_response {
            response_code            = 429
            custom_response_body_key = "too-many-requests"
          }
        }
      }

      statement {
        rate_based_statement {
          limit                 = rule.value
          evaluation_window_sec = 300
          aggregate_key_type    = var.client_address_header == null ? "IP" : "FORWARDED_IP"

          dynamic "forwarded_ip_config" {
            for_each = var.client_address_header == null ? [] : [var.client_address_header]

            content {
              header_name       = forwarded_ip_config.value
              fallback_behavior = "NO_MATCH"
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = "${var.name}-rate-limit"
        sampled_requests_enabled   = true
      }
    }
  }

  dynamic "rule" {
    for_each = var.managed_rule_groups

    content {
      name     = rule.key
      priority = rule.value.priority

      override_action {
        dynamic "count" {
          for_each = rule.value.mode == "count" ? [true] : []

          content {}
        }

        dynamic "none" {
          for_each = rule.value.mode == "block" ? [true] : []

          content {}
        }
      }

      statement {
        managed_rule_group_statement {
          name        = rule.key
          vendor_name = "AWS"

          dynamic "rule_action_override" {
            for_each = rule.value.excluded

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      visibility_config {
        cloudwatch_metrics_enabled = true
        metric_name                = "${var.name}-${rule.key}"
        sampled_requests_enabled   = true
      }
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.name
    sampled_requests_enabled   = true
  }

  tags = var.tags

  lifecycle {
    precondition {
      condition     = var.scope == "REGIONAL" || data.aws_region.current.name == "us-east-1"
      error_message = "Web ACLs of scope CLOUDFRONT live in us-east-1: call this module with a provider of that region, not of ${data.aws_region.current.name}."
    }
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  for_each = var.resources

  web_acl_arn  = aws_wafv2_web_acl.this.arn
  resource_arn = each.value
}
