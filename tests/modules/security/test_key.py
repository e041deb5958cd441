from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

CASE = {
    "account_id": "123456789012",
    "alias": "prod-use1",
    "description": "Logs, queues and environment variables of prod in us-east-1.",
    "services": ["cloudwatch.amazonaws.com", "logs.us-east-1.amazonaws.com", "sns.amazonaws.com"],
    "tags": {"environment": "prod"},
}


def statements(plan_module: Planner, **changes: object) -> dict[str, Any]:
    plan = plan_module("security/key", CASE | changes)
    policy = json.loads(plan.modules["module.this"].resources["aws_kms_key.this"]["values"]["policy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def test_the_key_rotates_and_waits_before_it_is_deleted(plan_module: Planner) -> None:
    resources = plan_module("security/key", CASE).modules["module.this"].resources
    values = resources["aws_kms_key.this"]["values"]
    assert (
        values["enable_key_rotation"],
        values["rotation_period_in_days"],
        values["deletion_window_in_days"],
        values["multi_region"],
        values["tags"],
    ) == (True, 365, 30, False, {"environment": "prod"})
    assert resources["aws_kms_alias.this"]["values"]["name"] == "alias/prod-use1"


def test_only_the_account_administers_the_key(plan_module: Planner) -> None:
    assert statements(plan_module)["AccountAdministration"] == {
        "Sid": "AccountAdministration",
        "Effect": "Allow",
        "Action": "kms:*",
        "Resource": "*",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    }


def test_cloudwatch_logs_uses_the_key_for_log_groups_of_this_account_and_region_only(
    plan_module: Planner,
) -> None:
    assert statements(plan_module)["LogGroupsOfThisAccount"] == {
        "Sid": "LogGroupsOfThisAccount",
        "Effect": "Allow",
        "Action": ["kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Encrypt*", "kms:Describe*", "kms:Decrypt*"],
        "Resource": "*",
        "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
        "Condition": {
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:123456789012:log-group:*",
            }
        },
    }


def test_other_services_use_the_key_for_this_account_only(plan_module: Planner) -> None:
    assert statements(plan_module)["ServicesForThisAccount"] == {
        "Sid": "ServicesForThisAccount",
        "Effect": "Allow",
        "Action": ["kms:GenerateDataKey*", "kms:DescribeKey", "kms:Decrypt"],
        "Resource": "*",
        "Principal": {"Service": ["sns.amazonaws.com", "cloudwatch.amazonaws.com"]},
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
    }


def test_no_service_may_use_a_key_that_names_none(plan_module: Planner) -> None:
    assert set(statements(plan_module, services=[])) == {"AccountAdministration"}


def test_cloudfront_decrypts_for_this_account_s_distributions_and_only_when_asked(
    plan_module: Planner,
) -> None:
    assert statements(plan_module, cloudfront=True)["CloudFrontReadsForThisAccount"] == {
        "Sid": "CloudFrontReadsForThisAccount",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudfront::123456789012:distribution/*"}},
    }
    assert "CloudFrontReadsForThisAccount" not in statements(plan_module)
