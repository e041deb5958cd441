from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

SMALLEST = {
    "candidate_version": "8",
    "function_name": "prod-write-use1",
    "name": "prod-write-use1",
    "role_arn": "arn:aws:iam::123456789012:role/prod-release-use1",
    "serving_version": "7",
}
FULL = SMALLEST | {
    "log_group_name": "/aws/lambda/prod-write-use1",
    "alarms": {"error_percent": 2, "p99_milliseconds": 800, "further_alarm_names": ["prod-api-5xx"]},
    "hooks": {"before_traffic": "CodeDeployHook_prod-write-use1"},
    "shift": {"kind": "canary", "percent": 25, "minutes": 3},
    "topic_arn": "arn:aws:sns:us-east-1:123456789012:prod-use1-alarms",
}


def resources(plan_module: Planner, case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = plan_module("compute/release", case).modules["module.this"].resources
    return {address: resource["values"] for address, resource in found.items()}


def group(plan_module: Planner, case: dict[str, Any]) -> dict[str, Any]:
    return resources(plan_module, case)["aws_codedeploy_deployment_group.this"]


@pytest.mark.parametrize(
    ("shift", "name"),
    [
        ({}, "CodeDeployDefault.LambdaCanary10Percent5Minutes"),
        ({"minutes": 30}, "CodeDeployDefault.LambdaCanary10Percent30Minutes"),
        ({"kind": "linear", "minutes": 1}, "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"),
        ({"kind": "linear", "minutes": 3}, "CodeDeployDefault.LambdaLinear10PercentEvery3Minutes"),
        ({"kind": "all-at-once"}, "CodeDeployDefault.LambdaAllAtOnce"),
    ],
)
def test_a_shift_that_aws_has_ready_is_taken_by_name(
    plan_module: Planner, shift: dict[str, object], name: str
) -> None:
    found = resources(plan_module, SMALLEST | {"shift": shift})
    assert found["aws_codedeploy_deployment_group.this"]["deployment_config_name"] == name
    assert "aws_codedeploy_deployment_config.this[0]" not in found


@pytest.mark.parametrize(("kind", "routing"), [("canary", "TimeBasedCanary"), ("linear", "TimeBasedLinear")])
def test_any_other_shift_is_made_under_a_name_that_tells_it(
    plan_module: Planner, kind: str, routing: str
) -> None:
    found = resources(plan_module, FULL | {"shift": {"kind": kind, "percent": 25, "minutes": 3}})
    made = found["aws_codedeploy_deployment_config.this[0]"]
    name = f"prod-write-use1-{kind}-25-percent-3-minutes"
    (traffic,) = made["traffic_routing_config"]
    assert (made["deployment_config_name"], made["compute_platform"], traffic["type"]) == (
        name,
        "Lambda",
        routing,
    )
    assert traffic[f"time_based_{kind}"] == [{"interval": 3, "percentage": 25}]
    assert found["aws_codedeploy_deployment_group.this"]["deployment_config_name"] == name


def test_a_release_is_taken_back_when_it_fails_is_stopped_or_an_alarm_rings(plan_module: Planner) -> None:
    planned = group(plan_module, FULL)
    (rollback,), (alarms,) = planned["auto_rollback_configuration"], planned["alarm_configuration"]
    assert (rollback["enabled"], sorted(rollback["events"])) == (
        True,
        ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM", "DEPLOYMENT_STOP_ON_REQUEST"],
    )
    assert (alarms["enabled"], alarms["ignore_poll_alarm_failure"], sorted(alarms["alarms"])) == (
        True,
        False,
        ["prod-api-5xx", "prod-write-use1-release-duration", "prod-write-use1-release-errors"],
    )


def test_traffic_is_shifted_by_codedeploy_and_the_topic_hears_of_it(plan_module: Planner) -> None:
    planned = group(plan_module, FULL)
    (style,), (trigger,) = planned["deployment_style"], planned["trigger_configuration"]
    assert style == {"deployment_option": "WITH_TRAFFIC_CONTROL", "deployment_type": "BLUE_GREEN"}
    assert trigger["trigger_target_arn"] == "arn:aws:sns:us-east-1:123456789012:prod-use1-alarms"
    assert {"DeploymentFailure", "DeploymentRollback"} <= set(trigger["trigger_events"])
    assert group(plan_module, SMALLEST)["trigger_configuration"] == []


def test_alarms_watch_the_new_version_behind_the_alias_alone(plan_module: Planner) -> None:
    found = resources(plan_module, FULL)
    candidate = {
        "ExecutedVersion": "8",
        "FunctionName": "prod-write-use1",
        "Resource": "prod-write-use1:live",
    }
    errors = found["aws_cloudwatch_metric_alarm.errors"]
    metrics = {
        query["id"]: query["metric"][0]["dimensions"] for query in errors["metric_query"] if query["metric"]
    }
    assert metrics == {"errors": candidate, "requests": candidate, "failures": None}
    assert found["aws_cloudwatch_metric_alarm.duration[0]"]["dimensions"] == candidate


def test_the_share_of_failed_requests_counts_from_twenty_requests_a_minute(plan_module: Planner) -> None:
    errors = resources(plan_module, FULL)["aws_cloudwatch_metric_alarm.errors"]
    (share,) = [query for query in errors["metric_query"] if query["return_data"]]
    assert share["expression"] == "IF(requests >= 20, 100 * (errors + FILL(failures, 0)) / requests, 0)"
    assert (errors["threshold"], errors["comparison_operator"], errors["treat_missing_data"]) == (
        2,
        "GreaterThanOrEqualToThreshold",
        "notBreaching",
    )


def test_requests_that_the_new_version_answers_with_500_are_counted_from_its_log(
    plan_module: Planner,
) -> None:
    found = resources(plan_module, FULL)
    counted = found["aws_cloudwatch_log_metric_filter.failures[0]"]
    (metric,) = counted["metric_transformation"]
    (failures,) = [
        query["metric"][0]
        for query in found["aws_cloudwatch_metric_alarm.errors"]["metric_query"]
        if query["id"] == "failures"
    ]
    assert (counted["log_group_name"], counted["pattern"]) == (
        "/aws/lambda/prod-write-use1",
        '{ ($.level = "ERROR") && ($.version = "8") }',
    )
    assert (metric["namespace"], metric["name"]) == (failures["namespace"], failures["metric_name"])


def test_durations_are_watched_only_when_a_limit_is_given(plan_module: Planner) -> None:
    assert set(resources(plan_module, SMALLEST)) == {
        "aws_cloudwatch_metric_alarm.errors",
        "aws_codedeploy_app.this",
        "aws_codedeploy_deployment_group.this",
    }


def test_the_request_for_codedeploy_is_whole_and_carries_the_appspec_with_its_digest(
    plan_module: Planner,
) -> None:
    outputs = plan_module("compute/release", FULL).outputs
    request = json.loads(outputs["deployment"])
    content = request["revision"]["appSpecContent"]["content"]
    assert content == outputs["appspec"]
    assert request == {
        "applicationName": "prod-write-use1",
        "deploymentGroupName": "live",
        "description": "Version 8 of prod-write-use1, after 7.",
        "revision": {
            "revisionType": "AppSpecContent",
            "appSpecContent": {"content": content, "sha256": hashlib.sha256(content.encode()).hexdigest()},
        },
    }
    assert json.loads(content) == {
        "version": "0.0",
        "Resources": [
            {
                "prod-write-use1": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "Alias": "live",
                        "CurrentVersion": "7",
                        "Name": "prod-write-use1",
                        "TargetVersion": "8",
                    },
                }
            }
        ],
        "Hooks": [{"BeforeAllowTraffic": "CodeDeployHook_prod-write-use1"}],
    }


def test_there_is_nothing_to_submit_once_the_candidate_serves(plan_module: Planner) -> None:
    outputs = plan_module("compute/release", SMALLEST | {"serving_version": "8"}).outputs
    assert (outputs.get("deployment"), outputs.get("appspec")) == (None, None)
