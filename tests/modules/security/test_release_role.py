from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

GROUPS = "arn:aws:codedeploy:us-east-1:123456789012:deploymentgroup:prod-write-use1/*"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:prod-write-use1"
SMALLEST = {
    "account_id": "123456789012",
    "function_names": ["prod-write-use1"],
    "name": "prod-release-use1",
    "region": "us-east-1",
}
FULL = SMALLEST | {
    "hook_names": ["CodeDeployHook_prod-write-use1"],
    "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
    "topics": {"alarms": {"name": "prod-use1-alarms", "key_alias": "prod-use1"}},
}


def resource(plan_module: Planner, case: dict[str, Any], address: str) -> dict[str, Any]:
    found = plan_module("security/release_role", case).modules["module.this"].resources
    return dict(found[address]["values"])


def statements(plan_module: Planner, case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    policy = json.loads(resource(plan_module, case, "aws_iam_role_policy.this")["policy"])
    return {statement.pop("Sid"): statement for statement in policy["Statement"]}


def test_the_role_moves_the_alias_of_its_functions_and_asks_alarms(plan_module: Planner) -> None:
    assert statements(plan_module, SMALLEST) == {
        "MoveAliases": {
            "Effect": "Allow",
            "Action": ["lambda:UpdateAlias", "lambda:GetProvisionedConcurrencyConfig", "lambda:GetAlias"],
            "Resource": [f"{FUNCTION}:*", FUNCTION],
        },
        "ReadAlarms": {
            "Effect": "Allow",
            "Action": "cloudwatch:DescribeAlarms",
            "Resource": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*",
        },
    }


def test_it_runs_the_named_tests_and_tells_the_named_topics(plan_module: Planner) -> None:
    more = statements(plan_module, FULL)
    assert {sid: more[sid] for sid in more.keys() - statements(plan_module, SMALLEST).keys()} == {
        "TestNewVersions": {
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:CodeDeployHook_prod-write-use1",
        },
        "TellOfReleases": {
            "Effect": "Allow",
            "Action": "sns:Publish",
            "Resource": "arn:aws:sns:us-east-1:123456789012:prod-use1-alarms",
        },
        "EncryptWhatIsTold": {
            "Effect": "Allow",
            "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
            "Resource": "arn:aws:kms:us-east-1:123456789012:key/*",
            "Condition": {
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/prod-use1"},
                "StringEquals": {"kms:ViaService": "sns.us-east-1.amazonaws.com"},
            },
        },
    }


def test_only_the_functions_own_deployment_groups_take_the_role(plan_module: Planner) -> None:
    role = resource(plan_module, FULL, "aws_iam_role.this")
    assert role["permissions_boundary"] == "arn:aws:iam::123456789012:policy/boundary"
    assert json.loads(role["assume_role_policy"])["Statement"] == [
        {
            "Sid": "CodeDeployTakesTheRole",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "codedeploy.amazonaws.com"},
            "Condition": {
                "ArnLike": {"aws:SourceArn": GROUPS},
                "StringEquals": {"aws:SourceAccount": "123456789012"},
            },
        }
    ]
