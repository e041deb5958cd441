from __future__ import annotations

from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

CASE: dict[str, Any] = {
    "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111",
    "name": "prod-use1",
    "notify": ["oncall@example.com"],
    "tags": {"tier": "observability"},
}


@pytest.fixture
def resources(plan_module: Planner) -> dict[str, dict[str, Any]]:
    planned = plan_module("observability/alarm_topic", CASE).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items() if "values" in resource}


def test_the_topic_is_named_for_its_alarms_and_encrypted(resources: dict[str, dict[str, Any]]) -> None:
    topic = resources["aws_sns_topic.this"]
    assert (topic["name"], topic["kms_master_key_id"], topic["tags"]) == (
        "prod-use1-alarms",
        CASE["kms_key_arn"],
        {"tier": "observability"},
    )


def test_every_address_gets_the_alarms_by_email(resources: dict[str, dict[str, Any]]) -> None:
    subscription = resources['aws_sns_topic_subscription.email["oncall@example.com"]']
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "oncall@example.com")


def test_only_cloudwatch_may_publish_and_only_over_tls(plan_module: Planner) -> None:
    changes = plan_module("observability/alarm_topic", CASE).resource_changes
    statements = changes["module.this.data.aws_iam_policy_document.topic"]["change"]["after"]["statement"]
    assert [(one["sid"], one["effect"], one["principals"], one["actions"]) for one in statements] == [
        (
            "AlarmsOfThisModule",
            None,
            [{"type": "Service", "identifiers": ["cloudwatch.amazonaws.com"]}],
            ["sns:Publish"],
        ),
        ("EncryptedInTransitOnly", "Deny", [{"type": "AWS", "identifiers": ["*"]}], ["sns:Publish"]),
    ]
    assert {(one["test"], one["variable"]) for one in statements[0]["condition"]} == {
        ("StringEquals", "aws:SourceAccount"),
        ("ArnLike", "aws:SourceArn"),
    }
