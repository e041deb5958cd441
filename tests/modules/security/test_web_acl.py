from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

STAGE = "arn:aws:apigateway:us-east-1::/restapis/a1b2c3d4e5/stages/live"
CASE: dict[str, Any] = {
    "name": "prod-use1",
    "scope": "REGIONAL",
    "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012",
    "resources": {"api": STAGE},
}


def resources(plan_module: Planner, **changes: object) -> dict[str, dict[str, Any]]:
    planned = plan_module("security/web_acl", CASE | changes).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items()}


def rules(planned: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {rule["name"]: rule for rule in planned["aws_wafv2_web_acl.this"]["rule"]}


def only(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    (block,) = blocks
    return block


def test_managed_groups_block_injection_scripting_bad_inputs_and_bad_addresses(plan_module: Planner) -> None:
    groups = {
        name: (rule["priority"], group["vendor_name"], group["name"], rule["override_action"])
        for name, rule in rules(resources(plan_module)).items()
        for group in only(rule["statement"])["managed_rule_group_statement"]
    }
    block: list[dict[str, Any]] = [{"count": [], "none": [{}]}]
    assert groups == {
        name: (priority, "AWS", name, block)
        for priority, name in [
            (10, "AWSManagedRulesAmazonIpReputationList"),
            (20, "AWSManagedRulesKnownBadInputsRuleSet"),
            (30, "AWSManagedRulesSQLiRuleSet"),
            (40, "AWSManagedRulesCommonRuleSet"),
        ]
    }


def test_a_group_can_count_only_and_so_can_a_rule_of_a_group(plan_module: Planner) -> None:
    groups = {
        "AWSManagedRulesCommonRuleSet": {"priority": 10, "excluded": ["SizeRestrictions_BODY"]},
        "AWSManagedRulesSQLiRuleSet": {"priority": 11, "mode": "count"},
    }
    found = rules(resources(plan_module, managed_rule_groups=groups, rate_limit=None))
    assert sorted(found) == ["AWSManagedRulesCommonRuleSet", "AWSManagedRulesSQLiRuleSet"]
    assert {name: rule["override_action"] for name, rule in found.items()} == {
        "AWSManagedRulesCommonRuleSet": [{"count": [], "none": [{}]}],
        "AWSManagedRulesSQLiRuleSet": [{"count": [{}], "none": []}],
    }
    common = only(only(found["AWSManagedRulesCommonRuleSet"]["statement"])["managed_rule_group_statement"])
    overrides = [
        (override["name"], [kind for kind, action in only(override["action_to_use"]).items() if action])
        for override in common["rule_action_override"]
    ]
    assert overrides == [("SizeRestrictions_BODY", ["count"])]


def test_an_address_above_the_rate_is_told_so_in_json(plan_module: Planner) -> None:
    planned = resources(plan_module)
    rule = rules(planned)["rate-limit"]
    rate = only(only(rule["statement"])["rate_based_statement"])
    assert (rate["limit"], rate["evaluation_window_sec"], rate["aggregate_key_type"]) == (2000, 300, "IP")
    response = only(only(only(rule["action"])["block"])["custom_response"])
    body = only(planned["aws_wafv2_web_acl.this"]["custom_response_body"])
    assert (response["response_code"], response["custom_response_body_key"]) == (429, body["key"])
    assert (body["content_type"], json.loads(body["content"])) == (
        "APPLICATION_JSON",
        {"error": "too_many_requests", "reason": "rate limit"},
    )


def test_behind_a_cdn_the_rate_is_of_the_address_in_the_header(plan_module: Planner) -> None:
    rule = rules(resources(plan_module, client_address_header="X-Forwarded-For"))["rate-limit"]
    rate = only(only(rule["statement"])["rate_based_statement"])
    assert rate["aggregate_key_type"] == "FORWARDED_IP"
    assert rate["forwarded_ip_config"] == [
        {"fallback_behavior": "NO_MATCH", "header_name": "X-Forwarded-For"}
    ]


def test_lists_of_addresses_come_first_and_no_header_can_make_a_request_pass(plan_module: Planner) -> None:
    planned = resources(
        plan_module,
        allowed_addresses=["192.0.2.0/24", "2001:db8:1::/48"],
        denied_addresses=["198.51.100.0/24"],
        client_address_header="X-Forwarded-For",
    )
    sets = {
        values["name"]: (values["ip_address_version"], values["addresses"])
        for address, values in planned.items()
        if address.startswith("aws_wafv2_ip_set.")
    }
    assert sets == {
        "prod-use1-allow-4": ("IPV4", ["192.0.2.0/24"]),
        "prod-use1-allow-6": ("IPV6", ["2001:db8:1::/48"]),
        "prod-use1-deny-4": ("IPV4", ["198.51.100.0/24"]),
    }
    lists = {
        name: (
            rule["priority"],
            [kind for kind, action in only(rule["action"]).items() if action],
            [
                header["header_name"]
                for header in only(only(rule["statement"])["ip_set_reference_statement"])[
                    "ip_set_forwarded_ip_config"
                ]
            ],
        )
        for name, rule in rules(planned).items()
        if name in ("allow-4", "allow-6", "deny-4")
    }
    assert lists == {
        "allow-4": (0, ["allow"], []),
        "allow-6": (1, ["allow"], []),
        "deny-4": (2, ["block"], ["X-Forwarded-For"]),
    }


def test_the_stage_is_protected_and_matched_requests_are_logged_without_secrets(plan_module: Planner) -> None:
    planned = resources(plan_module)
    assert planned['aws_wafv2_web_acl_association.this["api"]']["resource_arn"] == STAGE
    group = planned["aws_cloudwatch_log_group.this"]
    assert (group["name"], group["retention_in_days"], group["kms_key_id"]) == (
        "aws-waf-logs-prod-use1",
        30,
        CASE["kms_key_arn"],
    )
    logging = planned["aws_wafv2_web_acl_logging_configuration.this"]
    redacted = sorted(only(field["single_header"])["name"] for field in logging["redacted_fields"])
    assert redacted == ["authorization", "cookie"]
    drop = only(logging["logging_filter"])
    kept = only(drop["filter"])
    actions = sorted(only(condition["action_condition"])["action"] for condition in kept["condition"])
    assert (drop["default_behavior"], kept["behavior"], kept["requirement"], actions) == (
        "DROP",
        "KEEP",
        "MEETS_ANY",
        ["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"],
    )
