from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
CASE = {
    "name": "prod-failover-use1",
    "environment": "prod",
    "kms_key_arn": KEY,
    "control_table": {"name": "prod-control", "kms_key_arn": KEY},
    "function": {
        "name": "prod-failover-use1",
        "alias_arn": "arn:aws:lambda:us-east-1:123456789012:function:prod-failover-use1:live",
    },
    "notify": ["oncall@example.com"],
    "observed_regions": ["eu-west-1", "us-west-2"],
    "tick_seconds": 6,
}


@pytest.fixture
def resources(plan_module: Planner) -> dict[str, dict[str, Any]]:
    planned = plan_module("operations/failover", CASE).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items() if "values" in resource}


def test_the_control_table_is_this_region_s_own(resources: dict[str, dict[str, Any]]) -> None:
    table = resources["aws_dynamodb_table.control"]
    assert {
        name: table[name]
        for name in (
            "name",
            "hash_key",
            "range_key",
            "attribute",
            "billing_mode",
            "replica",
            "stream_enabled",
            "deletion_protection_enabled",
            "server_side_encryption",
        )
    } == {
        "name": "prod-control",
        "hash_key": "pk",
        "range_key": None,
        "attribute": [{"name": "pk", "type": "S"}],
        "billing_mode": "PAY_PER_REQUEST",
        "replica": [],
        "stream_enabled": None,
        "deletion_protection_enabled": True,
        "server_side_encryption": [{"enabled": True, "kms_key_arn": KEY}],
    }
    assert [backup["enabled"] for backup in table["point_in_time_recovery"]] == [True]


def test_the_controller_is_called_every_minute_to_look_every_six_seconds(
    resources: dict[str, dict[str, Any]],
) -> None:
    rule, target = resources["aws_cloudwatch_event_rule.this"], resources["aws_cloudwatch_event_target.this"]
    assert (rule["schedule_expression"], rule["state"]) == ("rate(1 minute)", "ENABLED")
    assert target["arn"] == "arn:aws:lambda:us-east-1:123456789012:function:prod-failover-use1:live"
    assert json.loads(target["input"]) == {"tick_seconds": 6, "ticks": 10}


def test_a_look_that_failed_is_not_repeated(resources: dict[str, dict[str, Any]]) -> None:
    expected = {"maximum_event_age_in_seconds": 60, "maximum_retry_attempts": 0}
    lambda_s = resources["aws_lambda_function_event_invoke_config.this"]
    assert resources["aws_cloudwatch_event_target.this"]["retry_policy"] == [expected]
    assert {name: lambda_s[name] for name in expected} == expected
    assert lambda_s["qualifier"] == "live"


def test_only_the_rule_may_call_the_alias(plan_module: Planner) -> None:
    change = plan_module("operations/failover", CASE).resource_changes[
        "module.this.aws_lambda_permission.this"
    ]
    after, unknown = change["change"]["after"], change["change"]["after_unknown"]
    assert (after["principal"], after["function_name"], after["qualifier"], unknown["source_arn"]) == (
        "events.amazonaws.com",
        "prod-failover-use1",
        "live",
        True,
    )


def test_each_other_region_has_an_alarm_here_to_which_silence_is_bad_news(
    resources: dict[str, dict[str, Any]],
) -> None:
    assert {
        values["alarm_name"]: (
            values["namespace"],
            values["metric_name"],
            values["dimensions"],
            values["statistic"],
            values["comparison_operator"],
            values["threshold"],
            values["evaluation_periods"],
            values["treat_missing_data"],
        )
        for address, values in resources.items()
        if address.startswith("aws_cloudwatch_metric_alarm.unreachable")
    } == {
        f"prod-failover-use1-{region}-unreachable": (
            "Antipode/Failover",
            "RegionReachable",
            {"Environment": "prod", "Region": region},
            "Average",
            "LessThanThreshold",
            0.5,
            2,
            "breaching",
        )
        for region in ("eu-west-1", "us-west-2")
    }


def test_a_controller_that_fails_tells_people(resources: dict[str, dict[str, Any]]) -> None:
    alarm = resources["aws_cloudwatch_metric_alarm.controller_errors"]
    assert (alarm["metric_name"], alarm["dimensions"], alarm["datapoints_to_alarm"]) == (
        "Errors",
        {"FunctionName": "prod-failover-use1", "Resource": "prod-failover-use1:live"},
        2,
    )


def test_every_alarm_is_told_to_a_topic_of_its_own(plan_module: Planner) -> None:
    module = plan_module("operations/failover", CASE).modules["module.this"]
    topic = module.child_modules["module.topic"].resources
    assert topic["aws_sns_topic.this"]["values"]["name"] == "prod-failover-use1-alarms"
    assert topic["aws_sns_topic.this"]["values"]["kms_master_key_id"] == KEY
    assert 'aws_sns_topic_subscription.email["oncall@example.com"]' in topic


def test_a_controller_that_is_off_is_not_called_and_its_silence_is_no_alarm(plan_module: Planner) -> None:
    planned = plan_module("operations/failover", CASE | {"enabled": False}).modules["module.this"].resources
    alarms = [
        resource["values"]["treat_missing_data"]
        for address, resource in planned.items()
        if address.startswith("aws_cloudwatch_metric_alarm.unreachable")
    ]
    assert planned["aws_cloudwatch_event_rule.this"]["values"]["state"] == "DISABLED"
    assert alarms == ["notBreaching", "notBreaching"]
