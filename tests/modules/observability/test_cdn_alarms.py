from __future__ import annotations

from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

CASE: dict[str, Any] = {
    "name": "prod-cdn",
    "distribution_id": "E1A2B3C4D5E6F7",
    "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111",
    "notify": ["oncall@example.com"],
    "thresholds": {"error_5xx_percent": 0.5},
}


def resources(plan_module: Planner, case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    planned = plan_module("observability/cdn_alarms", case).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items() if "values" in resource}


def alarms(found: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        values["alarm_name"]: values
        for address, values in found.items()
        if address.startswith("aws_cloudwatch_metric_alarm.")
    }


def test_error_rates_and_the_slowest_origins_are_watched(plan_module: Planner) -> None:
    found = alarms(resources(plan_module, CASE))
    assert {
        name: (alarm["metric_name"], alarm["statistic"] or alarm["extended_statistic"], alarm["threshold"])
        for name, alarm in found.items()
    } == {
        "prod-cdn-5xx": ("5xxErrorRate", "Average", 0.5),
        "prod-cdn-errors": ("TotalErrorRate", "Average", 25),
        "prod-cdn-origin-latency": ("OriginLatency", "p90", 2000),
    }


def test_metrics_of_a_distribution_are_global(plan_module: Planner) -> None:
    found = alarms(resources(plan_module, CASE)).values()
    assert [(alarm["namespace"], alarm["dimensions"]) for alarm in found] == [
        ("AWS/CloudFront", {"DistributionId": "E1A2B3C4D5E6F7", "Region": "Global"})
    ] * 3


def test_origins_are_reported_on_only_with_the_additional_metrics(plan_module: Planner) -> None:
    cheap = resources(plan_module, CASE | {"additional_metrics": False})
    assert sorted(alarms(cheap)) == ["prod-cdn-5xx", "prod-cdn-errors"]
    assert not any(address.startswith("aws_cloudfront") for address in cheap)
    subscription = resources(plan_module, CASE)["aws_cloudfront_monitoring_subscription.this[0]"]
    assert subscription["monitoring_subscription"] == [
        {"realtime_metrics_subscription_config": [{"realtime_metrics_subscription_status": "Enabled"}]}
    ]


def test_every_description_fits_and_says_what_to_do(plan_module: Planner) -> None:
    texts = [alarm["alarm_description"] for alarm in alarms(resources(plan_module, CASE)).values()]
    assert [text for text in texts if not any(verb in text for verb in ("Look", "Compare"))] == []
    assert max(map(len, texts)) <= 1024


def test_every_alarm_is_told_to_a_topic_of_its_own(plan_module: Planner) -> None:
    module = plan_module("observability/cdn_alarms", CASE).modules["module.this"]
    topic = module.child_modules["module.topic"].resources
    assert topic["aws_sns_topic.this"]["values"]["name"] == "prod-cdn-alarms"
    assert topic["aws_sns_topic.this"]["values"]["kms_master_key_id"] == CASE["kms_key_arn"]
    assert 'aws_sns_topic_subscription.email["oncall@example.com"]' in topic
