from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.modules.module_plan import PACKAGE, Planner, write_package

pytestmark = pytest.mark.terraform

KEY = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-4234-8234-123456789012"
QUEUE_KEY = "arn:aws:kms:us-east-1:123456789012:key/87654321-1234-4234-8234-123456789012"
SMALLEST = {
    "description": "read of prod in us-east-1",
    "kms_key_arn": KEY,
    "name": "prod-read-use1",
    "package": PACKAGE,
    "role_arn": "arn:aws:iam::123456789012:role/prod-read-use1",
}
CANARY = SMALLEST | {
    "canary": {"role_arn": "arn:aws:iam::123456789012:role/prod-release-use1"},
    "dead_letter": {"enabled": True},
    "provisioned_concurrency": 2,
}
FULL = SMALLEST | {
    "dead_letter": {"enabled": True, "kms_key_arn": QUEUE_KEY, "max_retries": 1, "retention_days": 7},
    "environment": {"TABLE_ITEMS": "prod-items"},
    "log_retention_days": 90,
    "provisioned_concurrency": 2,
    "reserved_concurrency": 10,
    "tags": {"tier": "compute"},
}


def resources(plan_module: Planner, case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = plan_module("compute/function", case).modules["module.this"].resources
    return {address: resource["values"] for address, resource in found.items() if "values" in resource}


def some(values: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: values[name] for name in names}


def test_the_function_publishes_a_version_of_exactly_this_package(
    plan_module: Planner, tmp_path: Path
) -> None:
    function = resources(plan_module, SMALLEST)["aws_lambda_function.this"]
    write_package(tmp_path)
    digest = base64.b64encode(hashlib.sha256((tmp_path / PACKAGE).read_bytes()).digest()).decode()
    assert some(function, {"publish", "filename", "source_code_hash"}) == {
        "publish": True,
        "filename": PACKAGE,
        "source_code_hash": digest,
    }


def test_the_smallest_function_is_small_traced_and_shares_the_account_s_concurrency(
    plan_module: Planner,
) -> None:
    function = resources(plan_module, SMALLEST)["aws_lambda_function.this"]
    assert some(
        function,
        {
            "architectures",
            "dead_letter_config",
            "environment",
            "handler",
            "memory_size",
            "reserved_concurrent_executions",
            "runtime",
            "timeout",
            "tracing_config",
        },
    ) == {
        "architectures": ["arm64"],
        "dead_letter_config": [],
        "environment": [],
        "handler": "handler.handler",
        "memory_size": 256,
        "reserved_concurrent_executions": -1,
        "runtime": "python3.12",
        "timeout": 5,
        "tracing_config": [{"mode": "Active"}],
    }


def test_the_smallest_function_has_no_queue_and_nothing_warm(plan_module: Planner) -> None:
    assert set(resources(plan_module, SMALLEST)) == {
        "aws_cloudwatch_log_group.this",
        "aws_cloudwatch_log_metric_filter.cold_starts",
        "aws_lambda_alias.live[0]",
        "aws_lambda_function.this",
    }


def test_environment_variables_are_encrypted_under_the_customer_s_key(plan_module: Planner) -> None:
    function = resources(plan_module, FULL)["aws_lambda_function.this"]
    assert function["environment"] == [{"variables": {"TABLE_ITEMS": "prod-items"}}]
    assert function["kms_key_arn"] == KEY


def test_a_function_without_variables_names_no_key_since_lambda_would_drop_it(plan_module: Planner) -> None:
    assert resources(plan_module, SMALLEST)["aws_lambda_function.this"]["kms_key_arn"] is None


def test_logs_go_to_a_group_with_retention_and_key(plan_module: Planner) -> None:
    found = resources(plan_module, FULL)
    assert some(found["aws_cloudwatch_log_group.this"], {"name", "kms_key_id", "retention_in_days"}) == {
        "name": "/aws/lambda/prod-read-use1",
        "kms_key_id": KEY,
        "retention_in_days": 90,
    }
    (logging,) = found["aws_lambda_function.this"]["logging_config"]
    assert (logging["log_group"], logging["log_format"]) == ("/aws/lambda/prod-read-use1", "JSON")


def test_the_alias_live_is_kept_warm(plan_module: Planner) -> None:
    found = resources(plan_module, FULL)
    assert found["aws_lambda_alias.live[0]"]["name"] == "live"
    assert some(
        found["aws_lambda_provisioned_concurrency_config.live[0]"],
        {"function_name", "qualifier", "provisioned_concurrent_executions"},
    ) == {"function_name": "prod-read-use1", "qualifier": "live", "provisioned_concurrent_executions": 2}
    assert found["aws_lambda_function.this"]["reserved_concurrent_executions"] == 10


def test_failed_events_are_kept_in_an_encrypted_queue(plan_module: Planner) -> None:
    found = resources(plan_module, FULL)
    assert some(
        found["aws_sqs_queue.dead_letter[0]"],
        {"name", "kms_master_key_id", "message_retention_seconds", "tags"},
    ) == {
        "name": "prod-read-use1-dead-letter",
        "kms_master_key_id": QUEUE_KEY,
        "message_retention_seconds": 7 * 24 * 60 * 60,
        "tags": {"tier": "compute"},
    }
    assert some(
        found["aws_lambda_function_event_invoke_config.live[0]"],
        {"qualifier", "maximum_event_age_in_seconds", "maximum_retry_attempts"},
    ) == {"qualifier": "live", "maximum_event_age_in_seconds": 21600, "maximum_retry_attempts": 1}


def test_the_queue_takes_the_function_s_key_unless_it_is_given_its_own(plan_module: Planner) -> None:
    found = resources(plan_module, SMALLEST | {"dead_letter": {"enabled": True}})
    assert found["aws_sqs_queue.dead_letter[0]"]["kms_master_key_id"] == KEY


def test_a_plan_names_no_value_of_another_region(plan_module: Planner) -> None:
    text = json.dumps(resources(plan_module, FULL))
    assert "us-west-2" not in text


def test_a_function_reaches_a_vpc_only_when_it_is_given_subnets(plan_module: Planner) -> None:
    network = {"security_group_ids": ["sg-0a"], "subnet_ids": ["subnet-0a", "subnet-0b"]}
    found = resources(plan_module, SMALLEST | {"vpc": network})
    (vpc,) = found["aws_lambda_function.this"]["vpc_config"]
    assert {name: sorted(vpc[name]) for name in network} == network
    assert resources(plan_module, SMALLEST)["aws_lambda_function.this"]["vpc_config"] == []


def test_a_canary_leaves_the_alias_to_codedeploy_and_releases_in_ten_per_cent(plan_module: Planner) -> None:
    found = resources(plan_module, CANARY)
    assert {address for address in found if "alias" in address} == {"aws_lambda_alias.released[0]"}
    assert found["aws_lambda_alias.released[0]"]["name"] == "live"
    module = plan_module("compute/function", CANARY).modules["module.this"]
    (release,) = module.child_modules.values()
    group = release.resources["aws_codedeploy_deployment_group.this"]["values"]
    assert some(group, {"app_name", "deployment_config_name", "deployment_group_name"}) == {
        "app_name": "prod-read-use1",
        "deployment_config_name": "CodeDeployDefault.LambdaCanary10Percent5Minutes",
        "deployment_group_name": "live",
    }


def test_what_belongs_to_the_alias_stays_with_it_under_a_canary(plan_module: Planner) -> None:
    found = resources(plan_module, CANARY)
    for address in ("aws_lambda_provisioned_concurrency_config", "aws_lambda_function_event_invoke_config"):
        assert some(found[f"{address}.live[0]"], {"function_name", "qualifier"}) == {
            "function_name": "prod-read-use1",
            "qualifier": "live",
        }


def test_without_a_canary_nothing_of_codedeploy_is_made(plan_module: Planner) -> None:
    assert "codedeploy" not in json.dumps(plan_module("compute/function", SMALLEST).resource_changes)


def test_cold_starts_are_counted_from_the_report_on_each_invocation(plan_module: Planner) -> None:
    counted = resources(plan_module, SMALLEST)["aws_cloudwatch_log_metric_filter.cold_starts"]
    (metric,) = counted["metric_transformation"]
    assert some(counted, {"log_group_name", "pattern"}) == {
        "log_group_name": "/aws/lambda/prod-read-use1",
        "pattern": '{ $.type = "platform.report" && $.record.metrics.initDurationMs > 0 }',
    }
    assert some(metric, {"namespace", "name", "value", "unit"}) == {
        "namespace": "Antipode/Functions",
        "name": "prod-read-use1-init-duration",
        "value": "$.record.metrics.initDurationMs",
        "unit": "Milliseconds",
    }
