# Real-looking values for what only AWS can know, in one place, so that the provider's own
# checks (ARN patterns, JSON policies) hold in `terraform test`, at plan already.

mock_data "aws_iam_policy_document" {
  override_during = plan
  defaults = {
    json          = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
    minified_json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}"
  }
}

mock_data "aws_partition" {
  override_during = plan
  defaults = {
    dns_suffix = "amazonaws.com"
    id         = "aws"
    partition  = "aws"
  }
}

mock_data "aws_region" {
  override_during = plan
  defaults = {
    description = "US East (N. Virginia)"
    id          = "us-east-1"
    name        = "us-east-1"
  }
}

mock_resource "aws_acm_certificate" {
  override_during = plan
  defaults = {
    arn = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-4234-8234-123456789012"
  }
}

mock_resource "aws_api_gateway_domain_name" {
  override_during = plan
  defaults = {
    arn                  = "arn:aws:apigateway:us-east-1::/domainnames/api.example.com"
    regional_domain_name = "d-1234567890.execute-api.us-east-1.amazonaws.com"
    regional_zone_id     = "Z1UJRXOUMOOFQ8"
  }
}

mock_resource "aws_api_gateway_rest_api" {
  override_during = plan
  defaults = {
    arn              = "arn:aws:apigateway:us-east-1::/restapis/a1b2c3d4e5"
    execution_arn    = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5"
    id               = "a1b2c3d4e5"
    root_resource_id = "r00tr00tr0"
  }
}

mock_resource "aws_api_gateway_stage" {
  override_during = plan
  defaults = {
    arn        = "arn:aws:apigateway:us-east-1::/restapis/a1b2c3d4e5/stages/live"
    invoke_url = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/live"
  }
}

mock_resource "aws_cloudfront_cache_policy" {
  override_during = plan
  defaults = {
    arn = "arn:aws:cloudfront::123456789012:cache-policy/12345678-1234-4234-8234-123456789012"
    id  = "12345678-1234-4234-8234-123456789012"
  }
}

mock_resource "aws_cloudfront_distribution" {
  override_during = plan
  defaults = {
    arn            = "arn:aws:cloudfront::123456789012:distribution/E1A2B3C4D5E6F7"
    domain_name    = "d111111abcdef8.cloudfront.net"
    hosted_zone_id = "Z2FDTNDATAQYW2"
    id             = "E1A2B3C4D5E6F7"
  }
}

mock_resource "aws_cloudfront_origin_access_control" {
  override_during = plan
  defaults = {
    id = "E2ABCDEFGHIJKL"
  }
}

mock_resource "aws_cloudfront_response_headers_policy" {
  override_during = plan
  defaults = {
    id = "22345678-1234-4234-8234-123456789012"
  }
}

mock_resource "aws_cloudwatch_log_delivery_destination" {
  override_during = plan
  defaults = {
    arn = "arn:aws:logs:us-east-1:123456789012:delivery-destination:mocked"
  }
}

mock_resource "aws_cloudwatch_log_delivery_source" {
  override_during = plan
  defaults = {
    arn = "arn:aws:logs:us-east-1:123456789012:delivery-source:mocked"
  }
}

mock_resource "aws_cloudwatch_event_rule" {
  override_during = plan
  defaults = {
    arn = "arn:aws:events:us-east-1:123456789012:rule/mocked"
  }
}

mock_resource "aws_cloudwatch_log_group" {
  override_during = plan
  defaults = {
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:mocked"
  }
}

mock_resource "aws_cloudwatch_metric_alarm" {
  override_during = plan
  defaults = {
    arn = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:mocked"
  }
}

mock_resource "aws_dynamodb_table" {
  override_during = plan
  defaults = {
    arn        = "arn:aws:dynamodb:us-east-1:123456789012:table/mocked"
    stream_arn = "arn:aws:dynamodb:us-east-1:123456789012:table/mocked/stream/2026-01-01T00:00:00.000"
  }
}

mock_resource "aws_iam_role" {
  override_during = plan
  defaults = {
    arn = "arn:aws:iam::123456789012:role/mocked"
  }
}

mock_resource "aws_kms_alias" {
  override_during = plan
  defaults = {
    arn = "arn:aws:kms:us-east-1:123456789012:alias/mocked"
  }
}

mock_resource "aws_kms_key" {
  override_during = plan
  defaults = {
    arn    = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
    key_id = "12345678-1234-4234-8234-123456789012"
  }
}

mock_resource "aws_lambda_alias" {
  override_during = plan
  defaults = {
    arn        = "arn:aws:lambda:us-east-1:123456789012:function:mocked:live"
    invoke_arn = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:mocked:live/invocations"
  }
}

mock_resource "aws_lambda_function" {
  override_during = plan
  defaults = {
    arn     = "arn:aws:lambda:us-east-1:123456789012:function:mocked"
    version = "1"
  }
}

mock_resource "aws_route53_health_check" {
  override_during = plan
  defaults = {
    id = "12345678-1234-4234-8234-123456789012"
  }
}

mock_resource "aws_route53_zone" {
  override_during = plan
  defaults = {
    name_servers = ["ns-1.awsdns-01.com", "ns-2.awsdns-02.net", "ns-3.awsdns-03.org", "ns-4.awsdns-04.co.uk"]
    zone_id      = "Z0123456789ABCDEFGHIJ"
  }
}

mock_resource "aws_s3_bucket" {
  override_during = plan
  defaults = {
    arn = "arn:aws:s3:::mocked"
  }
}

mock_resource "aws_sns_topic" {
  override_during = plan
  defaults = {
    arn = "arn:aws:sns:us-east-1:123456789012:mocked"
  }
}

mock_resource "aws_sqs_queue" {
  override_during = plan
  defaults = {
    arn = "arn:aws:sqs:us-east-1:123456789012:mocked"
  }
}

mock_resource "aws_wafv2_ip_set" {
  override_during = plan
  defaults = {
    arn = "arn:aws:wafv2:us-east-1:123456789012:regional/ipset/mocked/12345678-1234-4234-8234-123456789012"
  }
}

mock_resource "aws_wafv2_web_acl" {
  override_during = plan
  defaults = {
    arn = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/mocked/12345678-1234-4234-8234-123456789012"
    id  = "12345678-1234-4234-8234-123456789012"
  }
}
