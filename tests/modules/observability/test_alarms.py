from __future__ import annotations

from typing import Any

import pytest
from module_plan import Planner

pytestmark = pytest.mark.terraform

CASE = {
    "name": "prod-use1",
    "api_name": "prod-use1",
    "functions": ["prod-read-use1"],
    "function_timeouts_seconds": {"prod-read-use1": 5},
    "tables": {"prod-items": ["us-west-2"]},
    "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111",
    "notify": ["oncall@example.com"],
    "thresholds": {"api_5xx_percent": 2.5, "replication_latency_ms": 3000},
}
API = {"ApiName": "prod-use1", "Stage": "live"}


@pytest.fixture
def resources(plan_module: Planner) -> dict[str, dict[str, Any]]:
    planned = plan_module("observability/alarms", CASE).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items() if "values" in resource}


@pytest.fixture
def alarms(resources: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = (
        values for address, values in resources.items() if address.startswith("aws_cloudwatch_metric_alarm.")
    )
    return {values["alarm_name"].removeprefix("prod-use1-"): values for values in found}


def test_every_part_of_the_region_has_its_alarms(alarms: dict[str, dict[str, Any]]) -> None:
    assert {name: alarm["threshold"] for name, alarm in alarms.items()} == {
        "api-5xx": 2.5,
        "api-latency-p99": 1000,
        "prod-items-replication-us-west-2": 3000,
        "prod-items-system-errors": 1,
        "prod-items-throttles": 1,
        "prod-read-use1-duration": 4000,
        "prod-read-use1-errors": 1,
        "prod-read-use1-throttles": 1,
    }


def test_two_of_three_minutes_raise_an_alarm(alarms: dict[str, dict[str, Any]]) -> None:
    assert {(alarm["datapoints_to_alarm"], alarm["evaluation_periods"]) for alarm in alarms.values()} == {
        (2, 3)
    }
    single = [alarm["period"] for alarm in alarms.values() if alarm["metric_name"]]
    composed = [
        query["metric"][0]["period"]
        for alarm in alarms.values()
        for query in alarm["metric_query"]
        if query["metric"]
    ]
    assert set(single) | set(composed) == {60}


def test_silence_is_health_except_for_a_replication_link(alarms: dict[str, dict[str, Any]]) -> None:
    silence = {name: alarm["treat_missing_data"] for name, alarm in alarms.items()}
    assert silence.pop("prod-items-replication-us-west-2") == "ignore"
    assert set(silence.values()) == {"notBreaching"}


def test_server_errors_are_a_share_of_requests(alarms: dict[str, dict[str, Any]]) -> None:
    queries = {query["id"]: query for query in alarms["api-5xx"]["metric_query"]}
    assert queries["share"]["expression"] == "IF(requests > 0, 100 * errors / requests, 0)"
    assert [name for name, query in queries.items() if query["return_data"]] == ["share"]
    assert {
        name: (metric["metric_name"], metric["stat"], metric["dimensions"])
        for name in ("errors", "requests")
        for metric in queries[name]["metric"]
    } == {"errors": ("5XXError", "Sum", API), "requests": ("Count", "Sum", API)}


def test_latency_and_replication_name_their_metric(alarms: dict[str, dict[str, Any]]) -> None:
    latency, replication = alarms["api-latency-p99"], alarms["prod-items-replication-us-west-2"]
    assert (latency["metric_name"], latency["extended_statistic"], latency["dimensions"]) == (
        "Latency",
        "p99",
        API,
    )
    assert (replication["metric_name"], replication["statistic"], replication["dimensions"]) == (
        "ReplicationLatency",
        "Average",
        {"TableName": "prod-items", "ReceivingRegion": "us-west-2"},
    )


def test_an_alarm_holds_at_most_ten_metrics(alarms: dict[str, dict[str, Any]]) -> None:
    assert {name: len(alarm["metric_query"]) for name, alarm in alarms.items() if alarm["metric_query"]} == {
        "api-5xx": 3,
        "prod-items-system-errors": 9,
        "prod-items-throttles": 3,
    }


def test_every_description_fits_and_says_what_to_do(alarms: dict[str, dict[str, Any]]) -> None:
    verbs = ("Look", "Compare", "Read", "Find", "look", "Check", "check", "do not")
    assert [
        name
        for name, alarm in alarms.items()
        if not any(verb in alarm["alarm_description"] for verb in verbs)
    ] == []
    assert max(len(alarm["alarm_description"]) for alarm in alarms.values()) <= 1024


def test_the_topic_is_encrypted_and_tells_people(resources: dict[str, dict[str, Any]]) -> None:
    topic = resources["aws_sns_topic.this"]
    subscription = resources['aws_sns_topic_subscription.email["oncall@example.com"]']
    assert (topic["name"], topic["kms_master_key_id"]) == ("prod-use1-alarms", CASE["kms_key_arn"])
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "oncall@example.com")
