"""RES003 on real plans with health checks taken away, or made to say yes to everything."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from generator.stacks import Stack, stacks
from generator.terraform.calls import ModuleCall
from policies.finding import Finding
from policies.resilience.health_checks import CHECKS, DEEP, RECORDS
from tests.policies.resilience.changed_plans import (
    ACTIVE_STANDBY,
    CDN,
    GLOBAL,
    edited,
    found,
    manifest,
    values,
    without,
)

RECORD = 'module.routing.aws_route53_record.this["us-east-1"]'
CHECK = 'module.routing.aws_route53_health_check.this["us-east-1"]'
FIX = (
    "let `make generate` write the edge stack anew, or give the record a health check of type "
    "HTTPS_STR_MATCH on "
    "the region's own host with the region's health marker"
)


def finding(where: str, message: str, source: str) -> Finding:
    return Finding("RES003", "error", where, message, FIX, source)


def test_a_record_without_a_health_check_is_found() -> None:
    assert found("RES003", ACTIVE_STANDBY, values("edge", RECORD, health_check_id=None)) == [
        finding(
            f"edge: {RECORD}",
            "is chosen by DNS and has no health check, so Route 53 holds its region for healthy whatever "
            "happens",
            RECORDS,
        )
    ]


def test_an_alias_that_evaluates_its_target_is_not_enough() -> None:
    change = values(
        "edge", RECORD, health_check_id=None, records=None, alias=[{"evaluate_target_health": True}]
    )
    assert [each.message for each in found("RES003", ACTIVE_STANDBY, change)] == [
        "is chosen by DNS and has no health check, so Route 53 holds its region for healthy whatever "
        "happens; "
        "evaluate_target_health follows API Gateway's own health, not that of the data behind it"
    ]


def test_a_health_check_that_is_not_in_the_plan_is_found() -> None:
    assert found("RES003", ACTIVE_STANDBY, without("edge", CHECK)) == [
        finding(f"edge: {RECORD}", "takes its health check from elsewhere than its own module", CHECKS)
    ]


@pytest.mark.parametrize(
    ("attribute", "value", "wanted"),
    [
        ("type", "HTTPS", "HTTPS_STR_MATCH"),
        ("fqdn", "api.usw2.example.com", "api.use1.example.com"),
        ("resource_path", "/", "/health"),
        ("search_string", "ok", '"health":"pass:active-standby-api/us-east-1"'),
        ("disabled", True, False),
        ("invert_healthcheck", True, False),
    ],
)
def test_a_check_that_proves_something_else_is_found(attribute: str, value: Any, wanted: Any) -> None:
    assert found("RES003", ACTIVE_STANDBY, values("edge", CHECK, **{attribute: value})) == [
        finding(
            f"edge: {CHECK}",
            f"{attribute} is {value!r} and has to be {wanted!r}, or the check of us-east-1 does not prove "
            "that "
            "us-east-1 can serve",
            CHECKS,
        )
    ]


def test_a_record_that_leads_nowhere_known_is_found() -> None:
    assert found("RES003", ACTIVE_STANDBY, values("edge", RECORD, records=["elsewhere.example.com"])) == [
        finding(
            f"edge: {RECORD}",
            "is checked and names no region's endpoint (['elsewhere.example.com'])",
            RECORDS,
        )
    ]


def test_a_health_path_that_the_api_answers_by_itself_is_found() -> None:
    address = 'module.api.aws_api_gateway_integration.route["GET /health"]'
    assert found("RES003", ACTIVE_STANDBY, values("us-west-2", address, type="MOCK")) == [
        finding(f"us-west-2: {address}", "answers GET /health by itself (MOCK), which proves nothing", DEEP)
    ]


FORGETFUL = {"HEALTH_BUCKETS": json.dumps(["global-serverless-site-123456789012-euw1"])}
HEALTH = "module.function_health.aws_lambda_function.this"
FORGOTTEN = finding(
    f"eu-west-1: {HEALTH}",
    "answers the health check of eu-west-1 without asking global-serverless-files-123456789012-euw1, which "
    "GET /files/{id} needs: the region would be held for healthy while its requests fail",
    DEEP,
)


def health_call() -> tuple[tuple[Stack, ...], ModuleCall]:
    """The stacks of the estate, and the call of eu-west-1's health function."""
    everything = stacks(manifest(GLOBAL))
    calls = [call for stack in everything if stack.name == "eu-west-1" for call in stack.calls]
    return everything, next(call for call in calls if call.label == "function_health")


def test_a_health_function_that_forgets_a_store_is_found() -> None:
    _, call = health_call()
    written = {name: value for name, value in call.arguments["environment"].items() if isinstance(value, str)}
    known = [{"variables": written | FORGETFUL}]
    assert found("RES003", GLOBAL, values("eu-west-1", HEALTH, environment=known)) == [FORGOTTEN]


def test_where_the_plan_does_not_know_its_variables_the_root_says_what_it_asks() -> None:
    everything, call = health_call()
    arguments = {**call.arguments, "environment": {**call.arguments["environment"], **FORGETFUL}}
    changed = tuple(
        replace(
            stack,
            calls=tuple(replace(call, arguments=arguments) if each == call else each for each in stack.calls),
        )
        for stack in everything
    )
    assert found("RES003", GLOBAL, among=changed) == [FORGOTTEN]


def test_a_second_origin_needs_no_check_as_long_as_a_distribution_asks_it_second() -> None:
    assert found("RES003", GLOBAL) == []

    def alone(planned: Any) -> None:
        planned["origin_group"] = []

    address = "module.cdn.aws_cloudfront_distribution.this"
    assert [each.where for each in found("RES003", GLOBAL, edited("edge", address, alone))] == [
        'edge: module.alternate.aws_route53_record.this["eu-west-1"]',
        'edge: module.alternate.aws_route53_record.this["us-east-1"]',
    ]


def test_one_record_alone_is_not_chosen_and_needs_no_check() -> None:
    assert found("RES003", CDN) == []
