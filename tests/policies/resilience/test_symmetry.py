"""RES002 on real plans of which one side was changed."""

from __future__ import annotations

from typing import Any

import pytest

from policies.finding import Finding
from policies.resilience import symmetry
from policies.resilience.symmetry import SOURCE, Intended, intended
from tests.policies.resilience.changed_plans import (
    ACTIVE_STANDBY,
    CDN,
    GLOBAL,
    PROD,
    edited,
    found,
    values,
    with_resource,
    without,
)

FIX = (
    "give both the same in the manifest and `make generate`; a difference that is meant has its entry, with "
    "the "
    "reason, in policies/resilience/intended_differences.yaml"
)
FUNCTION = "module.function_read.aws_lambda_function.this"


def finding(where: str, message: str) -> Finding:
    return Finding("RES002", "error", where, message, FIX, SOURCE)


@pytest.mark.parametrize("environment", [ACTIVE_STANDBY, CDN, GLOBAL, PROD])
def test_both_sides_are_alike_and_no_exemption_is_idle(environment: str) -> None:
    assert found("RES002", environment) == []


def test_a_setting_that_differs_is_found_with_both_values() -> None:
    assert found("RES002", ACTIVE_STANDBY, values("us-west-2", FUNCTION, memory_size=512)) == [
        finding(f"us-west-2: {FUNCTION}", "memory_size: 256 in us-east-1, 512 in us-west-2")
    ]


def test_a_variable_that_one_side_lacks_is_found() -> None:
    def forget(function: Any) -> None:
        del function["environment"][0]["variables"]["TABLE_ITEMS"]

    assert found("RES002", ACTIVE_STANDBY, edited("us-west-2", FUNCTION, forget)) == [
        finding(
            f"us-west-2: {FUNCTION}",
            "environment.variables.TABLE_ITEMS: 'active-standby-api-items' in us-east-1, (absent) in "
            "us-west-2",
        )
    ]


def test_code_that_differs_is_found() -> None:
    (only,) = found("RES002", ACTIVE_STANDBY, values("us-west-2", FUNCTION, source_code_hash="other"))
    assert only.message.startswith("source_code_hash: ")


def test_a_database_of_another_version_is_found() -> None:
    cluster = "module.database_orders.aws_rds_cluster.this"
    assert found("RES002", GLOBAL, values("eu-west-1", cluster, engine_version="16.4")) == [
        finding(f"eu-west-1: {cluster}", "engine_version: '16.8' in us-east-1, '16.4' in eu-west-1")
    ]


def test_identifiers_that_aws_picked_are_no_difference_where_both_sides_exist_already() -> None:
    changes = []
    for region, number in (("us-east-1", "1111"), ("us-west-2", "2222")):
        key = f"arn:aws:kms:{region}:123456789012:key/{number}abcd-12ab-34cd-56ef-1234567890ab"
        changes += [
            values(region, "module.key.aws_kms_key.this", arn=key),
            values(region, FUNCTION, kms_key_arn=key),
        ]
    assert found("RES002", ACTIVE_STANDBY, *changes) == []
    other = values("us-west-2", FUNCTION, kms_key_arn="arn:aws:kms:us-west-2:123456789012:key/other")
    (only,) = found("RES002", ACTIVE_STANDBY, *changes, other)
    assert only.message.startswith("kms_key_arn: ")


def test_what_only_one_side_has_is_found() -> None:
    alarm = "module.alarms.aws_cloudwatch_metric_alarm.api_5xx"
    assert found("RES002", ACTIVE_STANDBY, without("us-west-2", alarm)) == [
        finding(f"us-west-2: {alarm}", "(whole resource): there in us-east-1, (absent) in us-west-2")
    ]
    extra = with_resource("us-west-2", "aws_sns_topic.extra", "aws_sns_topic", name="extra")
    assert found("RES002", ACTIVE_STANDBY, extra) == [
        finding(
            "us-west-2: aws_sns_topic.extra", "(whole resource): (absent) in us-east-1, there in us-west-2"
        )
    ]


def test_a_policy_that_differs_is_found_by_its_statement() -> None:
    def open_up(key: Any) -> None:
        key["policy"] = key["policy"].replace("kms:Decrypt", "kms:*", 1)

    (only,) = found("RES002", ACTIVE_STANDBY, edited("us-west-2", "module.key.aws_kms_key.this", open_up))
    assert only.message.startswith("policy.Statement.Action: ")


def test_a_difference_that_is_meant_is_silent_and_an_idle_entry_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = Intended(address=FUNCTION, attribute="memory_size", reason="a trial")
    absent = Intended("module.nothing*", "*", "for databases", when="data.databases")
    monkeypatch.setattr(symmetry, "intended", lambda: (*intended(), entry, absent))
    assert found("RES002", ACTIVE_STANDBY, values("us-west-2", FUNCTION, memory_size=512)) == []
    assert found("RES002", ACTIVE_STANDBY) == [
        Finding(
            rule="RES002",
            severity="warning",
            where=f"policies/resilience/intended_differences.yaml: {FUNCTION}",
            message="memory_size differs nowhere: an exemption that nothing needs hides what comes next",
            fix="take the entry out, or say with `when` which manifests it is for",
            source=SOURCE,
        )
    ]


def test_every_exemption_has_a_reason() -> None:
    assert [entry for entry in intended() if len(entry.reason.split()) < 4] == []
