from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.modules.module_plan import Planner, Terraform, refused_by_apply

pytestmark = pytest.mark.terraform

EAST, WEST = "site-a.s3.us-east-1.amazonaws.com", "site-b.s3.us-west-2.amazonaws.com"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-4234-8234-123456789012"
KEY = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
READ, READ_AND_ASK = ["GET", "HEAD"], ["GET", "HEAD", "OPTIONS"]
EVERY_METHOD = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
API: dict[str, Any] = {
    "origin_host": "origin.app.example.com",
    "standby_host": "standby.app.example.com",
    "routes": {
        "/health": ["GET"],
        "/items/*": ["GET", "OPTIONS"],
        "/orders": ["GET", "POST"],
        "/read": ["GET"],
        "/write": ["POST"],
    },
}
CASE: dict[str, Any] = {
    "name": "prod",
    "aliases": ["app.example.com"],
    "certificate_arn": CERTIFICATE,
    "zone_id": "Z0123456789ABCDEFGHIJ",
    "api": API,
    "buckets": {"/static/*": {"origins": [EAST, WEST]}},
}


def resources(plan_module: Planner, **changes: object) -> dict[str, dict[str, Any]]:
    planned = plan_module("edge/distribution", CASE | changes).modules["module.this"].resources
    # a resource of which nothing is known yet has no values
    return {address: resource.get("values", {}) for address, resource in planned.items()}


def distribution(plan_module: Planner, **changes: object) -> dict[str, Any]:
    return resources(plan_module, **changes)["aws_cloudfront_distribution.this"]


def only(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    (block,) = blocks
    return block


def served(planned: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """Path pattern, target and methods of each behavior, in CloudFront's order of precedence."""
    return [
        (behavior["path_pattern"], behavior["target_origin_id"], behavior["allowed_methods"])
        for behavior in planned["ordered_cache_behavior"]
    ]


def test_reads_lead_to_the_group_and_whatever_is_written_to_the_name_that_fails_over_by_dns(
    plan_module: Planner,
) -> None:
    assert served(distribution(plan_module)) == [
        ("/health", "api-group", READ),
        ("/orders", "api", EVERY_METHOD),
        ("/write", "api", EVERY_METHOD),
        ("/read", "api-group", READ),
        ("/static/*", f"{EAST}-group", READ_AND_ASK),
        ("/items/*", "api-group", READ_AND_ASK),
    ]


def test_no_behavior_that_leads_to_a_group_allows_a_write_since_cloudfront_refuses_it(
    plan_module: Planner,
) -> None:
    routes = API["routes"] | {"*": ["GET", "PUT"]}
    for changes in ({}, {"api": API | {"routes": routes}}):
        planned = distribution(plan_module, **changes)
        groups = {group["origin_id"] for group in planned["origin_group"]}
        behaviors = [only(planned["default_cache_behavior"]), *planned["ordered_cache_behavior"]]
        written = [
            behavior
            for behavior in behaviors
            if behavior["target_origin_id"] in groups and set(behavior["allowed_methods"]) - set(READ_AND_ASK)
        ]
        assert groups == {"api-group", f"{EAST}-group"}
        assert written == []


def test_a_group_asks_its_first_origin_first_and_the_second_on_the_four_errors(plan_module: Planner) -> None:
    groups = {
        group["origin_id"]: (
            [member["origin_id"] for member in group["member"]],
            only(group["failover_criteria"])["status_codes"],
        )
        for group in distribution(plan_module)["origin_group"]
    }
    assert groups == {
        "api-group": (["api", "api-standby"], [500, 502, 503, 504]),
        f"{EAST}-group": ([EAST, WEST], [500, 502, 503, 504]),
    }


def test_origins_are_tried_once_for_two_seconds_over_tls_1_2(plan_module: Planner) -> None:
    origins = {origin["origin_id"]: origin for origin in distribution(plan_module)["origin"]}
    assert {
        name: (origin["domain_name"], origin["connection_attempts"], origin["connection_timeout"])
        for name, origin in origins.items()
    } == {
        "api": ("origin.app.example.com", 1, 2),
        "api-standby": ("standby.app.example.com", 1, 2),
        EAST: (EAST, 1, 2),
        WEST: (WEST, 1, 2),
    }
    assert only(origins["api"]["custom_origin_config"]) == {
        "http_port": 80,
        "https_port": 443,
        "origin_keepalive_timeout": 5,
        "origin_protocol_policy": "https-only",
        "origin_read_timeout": 3,
        "origin_ssl_protocols": ["TLSv1.2"],
    }
    assert origins[EAST]["custom_origin_config"] == []


def test_buckets_are_read_with_signatures_only(plan_module: Planner) -> None:
    control = resources(plan_module)["aws_cloudfront_origin_access_control.this[0]"]
    assert (
        control["origin_access_control_origin_type"],
        control["signing_behavior"],
        control["signing_protocol"],
    ) == ("s3", "always", "sigv4")


def test_the_api_gets_all_of_the_request_but_its_host_and_keeps_nothing_at_the_edge(
    plan_module: Planner,
) -> None:
    planned = resources(plan_module)
    forwarded = {
        behavior["path_pattern"]: behavior["origin_request_policy_id"]
        for behavior in planned["aws_cloudfront_distribution.this"]["ordered_cache_behavior"]
    }
    api = ALL_VIEWER_EXCEPT_HOST_HEADER
    assert forwarded == {**dict.fromkeys(API["routes"], api), "/static/*": None}
    policy = planned['aws_cloudfront_cache_policy.this["api"]']
    key = only(policy["parameters_in_cache_key_and_forwarded_to_origin"])
    assert (policy["min_ttl"], policy["default_ttl"], policy["max_ttl"]) == (0, 0, 0)
    assert (
        key["enable_accept_encoding_brotli"],
        key["enable_accept_encoding_gzip"],
        only(key["cookies_config"])["cookie_behavior"],
        only(key["headers_config"])["header_behavior"],
        only(key["query_strings_config"])["query_string_behavior"],
    ) == (False, False, "none", "none", "none")


def test_an_answer_that_is_kept_is_kept_for_the_same_caller_origin_and_query(plan_module: Planner) -> None:
    policy = resources(plan_module, api=API | {"cache_seconds": 5})['aws_cloudfront_cache_policy.this["api"]']
    key = only(policy["parameters_in_cache_key_and_forwarded_to_origin"])
    headers = only(key["headers_config"])
    assert (policy["min_ttl"], policy["default_ttl"], policy["max_ttl"]) == (0, 5, 5)
    assert (headers["header_behavior"], only(headers["headers"])["items"]) == (
        "whitelist",
        ["Accept", "Authorization", "Origin"],
    )
    assert only(key["cookies_config"])["cookie_behavior"] == "all"
    assert only(key["query_strings_config"])["query_string_behavior"] == "all"


def test_objects_are_kept_for_a_day_whatever_the_query_and_longer_if_they_say_so(
    plan_module: Planner,
) -> None:
    policy = resources(plan_module)['aws_cloudfront_cache_policy.this["objects-86400"]']
    key = only(policy["parameters_in_cache_key_and_forwarded_to_origin"])
    assert (policy["name"], policy["min_ttl"], policy["default_ttl"], policy["max_ttl"]) == (
        "prod-objects-86400",
        0,
        86400,
        31536000,
    )
    assert (key["enable_accept_encoding_brotli"], key["enable_accept_encoding_gzip"]) == (True, True)
    assert only(key["query_strings_config"])["query_string_behavior"] == "none"


def test_no_error_is_kept_at_the_edge(plan_module: Planner) -> None:
    errors = {
        error["error_code"]: (error["error_caching_min_ttl"], error["response_page_path"] or "")
        for error in distribution(plan_module)["custom_error_response"]
    }
    codes = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504]
    assert errors == dict.fromkeys(codes, (0, ""))


def test_viewers_get_https_http3_and_ipv6_at_the_alias(plan_module: Planner) -> None:
    planned = resources(plan_module)
    cdn = planned["aws_cloudfront_distribution.this"]
    assert {
        name: cdn[name]
        for name in ("enabled", "aliases", "http_version", "is_ipv6_enabled", "price_class", "web_acl_id")
    } == {
        "enabled": True,
        "aliases": ["app.example.com"],
        "http_version": "http2and3",
        "is_ipv6_enabled": True,
        "price_class": "PriceClass_100",
        "web_acl_id": None,
    }
    certificate = only(cdn["viewer_certificate"])
    assert (
        certificate["acm_certificate_arn"],
        certificate["minimum_protocol_version"],
        certificate["ssl_support_method"],
    ) == (CERTIFICATE, "TLSv1.2_2021", "sni-only")
    behaviors = [only(cdn["default_cache_behavior"]), *cdn["ordered_cache_behavior"]]
    assert {behavior["viewer_protocol_policy"] for behavior in behaviors} == {"redirect-to-https"}
    records = {
        (values["name"], values["type"], only(values["alias"])["evaluate_target_health"])
        for address, values in planned.items()
        if address.startswith("aws_route53_record.")
    }
    assert records == {("app.example.com", "A", False), ("app.example.com", "AAAA", False)}


def test_every_answer_carries_the_security_headers(plan_module: Planner) -> None:
    policy = resources(plan_module)["aws_cloudfront_response_headers_policy.this"]
    headers = only(policy["security_headers_config"])
    assert policy["cors_config"] == []
    assert headers == {
        "content_security_policy": [],
        "content_type_options": [{"override": True}],
        "frame_options": [{"frame_option": "DENY", "override": True}],
        "referrer_policy": [{"override": True, "referrer_policy": "strict-origin-when-cross-origin"}],
        "strict_transport_security": [
            {
                "access_control_max_age_sec": 63072000,
                "include_subdomains": False,
                "override": True,
                "preload": False,
            }
        ],
        "xss_protection": [],
    }


def test_web_origins_may_read_objects_and_the_api_answers_for_itself(plan_module: Planner) -> None:
    asked = {"cors": {"origins": ["https://example.com"]}, "content_security_policy": "default-src 'self'"}
    policy = resources(plan_module, response_headers=asked)["aws_cloudfront_response_headers_policy.this"]
    cors = only(policy["cors_config"])
    assert (
        only(cors["access_control_allow_origins"])["items"],
        only(cors["access_control_allow_methods"])["items"],
        cors["access_control_max_age_sec"],
        cors["access_control_allow_credentials"],
        cors["origin_override"],
    ) == (["https://example.com"], READ_AND_ASK, 600, False, False)
    assert only(policy["security_headers_config"])["content_security_policy"] == [
        {"content_security_policy": "default-src 'self'", "override": False}
    ]


def test_countries_are_turned_away_by_the_edge(plan_module: Planner) -> None:
    restrictions = only(
        distribution(plan_module, geo={"mode": "deny", "countries": ["KP", "IR"]})["restrictions"]
    )
    assert restrictions["geo_restriction"] == [{"locations": ["IR", "KP"], "restriction_type": "blacklist"}]


def shields(planned: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    return {origin["origin_id"]: origin["origin_shield"] for origin in planned["origin"]}


def test_the_shield_is_before_what_is_kept_only(plan_module: Planner) -> None:
    shield = [{"enabled": True, "origin_shield_region": "us-east-1"}]
    assert shields(distribution(plan_module, shield_region="us-east-1")) == {
        "api": [],
        "api-standby": [],
        EAST: shield,
        WEST: shield,
    }
    kept = distribution(plan_module, shield_region="us-east-1", api=API | {"cache_seconds": 5})
    assert shields(kept)["api"] == shield


def test_a_bucket_can_serve_what_no_pattern_matches(plan_module: Planner) -> None:
    planned = distribution(
        plan_module, api=None, default_behavior="/static/*", root_object="static/index.html"
    )
    assert planned["default_root_object"] == "static/index.html"
    assert only(planned["default_cache_behavior"])["target_origin_id"] == f"{EAST}-group"
    assert [origin["origin_id"] for origin in planned["origin"]] == [EAST, WEST]


def test_access_logs_are_delivered_to_an_encrypted_bucket_that_only_log_delivery_writes_to(
    plan_module: Planner,
) -> None:
    logs = {"account_id": "123456789012", "bucket_name": "prod-cdn-logs", "kms_key_arn": KEY}
    planned = resources(plan_module, logs=logs)
    module = plan_module("edge/distribution", CASE | {"logs": logs}).modules["module.this"]
    children = module.child_modules['module.logs["this"]'].resources
    bucket = {address: resource["values"] for address, resource in children.items() if "values" in resource}
    source = planned['aws_cloudwatch_log_delivery_source.this["this"]']
    assert (source["name"], source["log_type"]) == ("prod", "ACCESS_LOGS")
    assert planned['aws_cloudwatch_log_delivery_destination.this["this"]']["output_format"] == "json"
    rule = only(bucket["aws_s3_bucket_server_side_encryption_configuration.this"]["rule"])
    assert rule["apply_server_side_encryption_by_default"] == [
        {"kms_master_key_id": KEY, "sse_algorithm": "aws:kms"}
    ]
    access = bucket["aws_s3_bucket_public_access_block.this"]
    blocked = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    assert [access[name] for name in blocked] == [True, True, True, True]
    expiry = only(bucket["aws_s3_bucket_lifecycle_configuration.this"]["rule"])
    assert only(expiry["expiration"])["days"] == 90
    policy = json.loads(bucket["aws_s3_bucket_policy.this"]["policy"])
    allowed = [statement for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    assert allowed == [
        {
            "Sid": "AWSLogDeliveryWrite",
            "Effect": "Allow",
            "Principal": {"Service": "delivery.logs.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::prod-cdn-logs/AWSLogs/123456789012/*",
            "Condition": {
                "ArnLike": {"aws:SourceArn": "arn:aws:logs:us-east-1:123456789012:delivery-source:*"},
                "StringEquals": {
                    "aws:SourceAccount": "123456789012",
                    "s3:x-amz-acl": "bucket-owner-full-control",
                },
            },
        }
    ]


def test_without_logs_there_is_no_bucket(plan_module: Planner) -> None:
    module = plan_module("edge/distribution", CASE).modules["module.this"]
    kinds = {address.split(".")[0] for address in module.resources}
    assert module.child_modules == {}
    assert {kind for kind in kinds if "s3" in kind or "log" in kind} == set()


@pytest.mark.refuses("edge/distribution", "terraform_data.upstream", "terraform_data.upstream")
@pytest.mark.parametrize("missing", ["certificate_arn", "zone_id"])
def test_a_plan_without_the_global_stack_can_be_made_and_its_apply_calls_nothing(
    terraform: Terraform, tmp_path: Path, missing: str
) -> None:
    logs = {"account_id": "123456789012", "bucket_name": "prod-cdn-logs", "kms_key_arn": KEY}
    case = CASE | {missing: None, "logs": logs}
    _, reason = refused_by_apply(terraform, tmp_path / "root", "edge/distribution", case)
    assert f"{missing} is not known yet: apply the global stack first, then plan this stack again." in reason
