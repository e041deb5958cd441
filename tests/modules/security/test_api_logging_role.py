from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

CASE = {"account_id": "123456789012", "name": "prod-api-logs"}


def policy(plan_module: Planner, resource: str, attribute: str) -> dict[str, Any]:
    plan = plan_module("security/api_logging_role", CASE)
    text = plan.modules["module.this"].resources[resource]["values"][attribute]
    (statement,) = json.loads(text)["Statement"]
    return dict(statement)


def test_api_gateway_alone_may_assume_the_role_and_only_for_the_account(plan_module: Planner) -> None:
    statement = policy(plan_module, "aws_iam_role.this", "assume_role_policy")
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_the_role_writes_logs_of_its_own_account_and_does_nothing_else(plan_module: Planner) -> None:
    statement = policy(plan_module, "aws_iam_role_policy.logs", "policy")
    assert statement["Resource"] == "arn:aws:logs:*:123456789012:log-group:*"
    assert {action.split(":")[0] for action in statement["Action"]} == {"logs"}
