from __future__ import annotations

from typing import Any

import pytest

from tests.modules.module_plan import PACKAGE, Planner

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
HERE, THERE = "prod-files-123456789012-use1", "prod-files-123456789012-usw2"
READY = CASE | {
    "buckets": {HERE: {"replicas": {"us-west-2": THERE}, "latency_seconds": 1200}},
    "cold_start_functions": ["prod-read-use1"],
    "databases": {"prod-orders-use1": 5000},
    "dead_letter_queues": ["prod-write-use1-dead-letter"],
    "provisioned_functions": ["prod-read-use1"],
}
API = {"ApiName": "prod-use1", "Stage": "live"}


@pytest.fixture
def resources(plan_module: Planner) -> dict[str, dict[str, Any]]:
    planned = plan_module("observability/alarms", CASE).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items() if "values" in resource}


@pytest.fixture
def alarms(resources: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return by_name(resources)


@pytest.fixture
def added(plan_module: Planner, alarms: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The alarms that READY has and CASE has not."""
    planned = plan_module("observability/alarms", READY).modules["module.this"].resources
    found = by_name(
        {address: resource["values"] for address, resource in planned.items() if "values" in resource}
    )
    return {name: alarm for name, alarm in found.items() if name not in alarms}


def by_name(resources: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = (
        values for address, values in resources.items() if address.startswith("aws_cloudwatch_metric_alarm.")
    )
    return {values["alarm_name"].removeprefix("prod-use1-"): values for values in found}


def watched(alarm: dict[str, Any]) -> tuple[str, str, str, dict[str, str], float, str]:
    return (
        alarm["namespace"],
        alarm["metric_name"],
        alarm["statistic"],
        alarm["dimensions"],
        alarm["threshold"],
        alarm["treat_missing_data"],
    )


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


def test_every_alarm_is_told_to_a_topic_of_its_own(plan_module: Planner) -> None:
    module = plan_module("observability/alarms", CASE).modules["module.this"]
    topic = module.child_modules["module.topic"].resources
    assert topic["aws_sns_topic.this"]["values"]["name"] == "prod-use1-alarms"
    assert topic["aws_sns_topic.this"]["values"]["kms_master_key_id"] == CASE["kms_key_arn"]
    assert 'aws_sns_topic_subscription.email["oncall@example.com"]' in topic


def test_what_is_late_is_judged_where_it_should_arrive_and_what_failed_where_it_came_from(
    added: dict[str, dict[str, Any]],
) -> None:
    late, failed = f"{HERE}-replication-us-west-2", f"{HERE}-replication-failures-us-west-2"
    assert {name: watched(added[name]) for name in (late, failed)} == {
        late: (
            "AWS/S3",
            "ReplicationLatency",
            "Maximum",
            {"SourceBucket": THERE, "DestinationBucket": HERE, "RuleId": f"to-{HERE}"},
            1200,
            "missing",
        ),
        failed: (
            "AWS/S3",
            "OperationsFailedReplication",
            "Sum",
            {"SourceBucket": HERE, "DestinationBucket": THERE, "RuleId": f"to-{THERE}"},
            1,
            "notBreaching",
        ),
    }


def test_the_rule_is_called_what_data_bucket_replication_calls_it(
    plan_module: Planner, added: dict[str, dict[str, Any]]
) -> None:
    replication = plan_module(
        "data/bucket_replication",
        {
            "source_bucket": HERE,
            "role_arn": "arn:aws:iam::123456789012:role/prod-files-replication-use1",
            "destination": {
                "bucket_arn": f"arn:aws:s3:::{THERE}",
                "kms_key_alias_arn": "arn:aws:kms:us-west-2:123456789012:alias/prod-usw2",
            },
        },
    )
    assert (
        added[f"{HERE}-replication-failures-us-west-2"]["dimensions"]["RuleId"]
        == replication.outputs["rule_id"]
    )


def test_a_database_may_lag_by_its_objective_and_the_one_that_writes_has_no_lag(
    added: dict[str, dict[str, Any]],
) -> None:
    assert watched(added["prod-orders-use1-lag"]) == (
        "AWS/RDS",
        "AuroraGlobalDBRPOLag",
        "Maximum",
        {"DBClusterIdentifier": "prod-orders-use1"},
        5000,
        "missing",
    )


def test_calls_beyond_provisioned_concurrency_are_counted_for_the_alias(
    added: dict[str, dict[str, Any]],
) -> None:
    assert watched(added["prod-read-use1-spill-over"]) == (
        "AWS/Lambda",
        "ProvisionedConcurrencySpilloverInvocations",
        "Sum",
        {"FunctionName": "prod-read-use1", "Resource": "prod-read-use1:live"},
        1,
        "notBreaching",
    )


def test_a_queue_of_failed_events_should_be_empty(added: dict[str, dict[str, Any]]) -> None:
    assert watched(added["prod-write-use1-dead-letter-messages"]) == (
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        "Maximum",
        {"QueueName": "prod-write-use1-dead-letter"},
        1,
        "notBreaching",
    )


def test_cold_starts_are_a_share_of_calls_and_ten_at_least(added: dict[str, dict[str, Any]]) -> None:
    alarm = added["prod-read-use1-cold-starts"]
    queries = {query["id"]: query for query in alarm["metric_query"]}
    assert (alarm["threshold"], queries["share"]["expression"]) == (
        10,
        "IF(FILL(cold, 0) >= 10, 100 * FILL(cold, 0) / calls, 0)",
    )
    assert {
        name: (metric["namespace"], metric["metric_name"], metric["stat"], metric["dimensions"])
        for name in ("cold", "calls")
        for metric in queries[name]["metric"]
    } == {
        "cold": ("Antipode/Functions", "prod-read-use1-init-duration", "SampleCount", None),
        "calls": ("AWS/Lambda", "Invocations", "Sum", {"FunctionName": "prod-read-use1"}),
    }


def test_the_metric_of_cold_starts_is_the_one_that_compute_function_makes(
    plan_module: Planner, added: dict[str, dict[str, Any]]
) -> None:
    function = plan_module(
        "compute/function",
        {
            "description": "read of prod in us-east-1",
            "kms_key_arn": CASE["kms_key_arn"],
            "name": "prod-read-use1",
            "package": PACKAGE,
            "role_arn": "arn:aws:iam::123456789012:role/prod-read-use1",
        },
    )
    values = function.modules["module.this"].resources["aws_cloudwatch_log_metric_filter.cold_starts"][
        "values"
    ]
    (made,) = values["metric_transformation"]
    (cold,) = [
        query for query in added["prod-read-use1-cold-starts"]["metric_query"] if query["id"] == "cold"
    ]
    assert [(made["namespace"], made["name"])] == [
        (metric["namespace"], metric["metric_name"]) for metric in cold["metric"]
    ]


def test_one_lost_object_is_enough_and_everything_else_has_two_of_three_minutes(
    added: dict[str, dict[str, Any]],
) -> None:
    patience = {
        name: (alarm["datapoints_to_alarm"], alarm["evaluation_periods"]) for name, alarm in added.items()
    }
    assert patience.pop(f"{HERE}-replication-failures-us-west-2") == (1, 1)
    assert len(patience) == 5
    assert set(patience.values()) == {(2, 3)}


def test_every_further_description_fits_and_says_what_to_do(added: dict[str, dict[str, Any]]) -> None:
    verbs = ("Look", "look", "Compare", "compare", "Find", "Read", "check")
    described = {name: alarm["alarm_description"] for name, alarm in added.items()}
    assert [name for name, text in described.items() if not any(verb in text for verb in verbs)] == []
    assert max(map(len, described.values())) <= 1024
