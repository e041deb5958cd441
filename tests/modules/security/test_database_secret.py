from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

CASE = {
    "name": "prod/orders/app",
    "description": "The app user of orders of prod",
    "username": "orders_app",
    "database_name": "orders",
    "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:alias/prod-data-use1",
    "replicas": {"eu-west-1": "arn:aws:kms:eu-west-1:123456789012:alias/prod-data-euw1"},
    "rotation": {
        "function_arn": "arn:aws:lambda:us-east-1:123456789012:function:prod-rotation-use1:live",
        "days": 7,
    },
}


@pytest.fixture
def resources(plan_module: Planner) -> dict[str, dict[str, Any]]:
    planned = plan_module("security/database_secret", CASE).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items() if "values" in resource}


def test_the_secret_is_replicated_each_copy_under_its_region_s_key(
    resources: dict[str, dict[str, Any]],
) -> None:
    secret = resources["aws_secretsmanager_secret.this"]
    assert (secret["name"], secret["kms_key_id"], secret["recovery_window_in_days"]) == (
        "prod/orders/app",
        CASE["kms_key_arn"],
        30,
    )
    assert [(replica["region"], replica["kms_key_id"]) for replica in secret["replica"]] == [
        ("eu-west-1", "arn:aws:kms:eu-west-1:123456789012:alias/prod-data-euw1")
    ]


def test_a_replica_is_never_overwritten_from_here(resources: dict[str, dict[str, Any]]) -> None:
    assert resources["aws_secretsmanager_secret.this"]["force_overwrite_replica_secret"] is False


def test_the_first_plan_asks_for_no_password_and_shows_none(plan_module: Planner) -> None:
    changes = plan_module("security/database_secret", CASE).resource_changes
    version = changes["module.this.aws_secretsmanager_secret_version.initial"]["change"]["after"]
    length = changes["module.this.terraform_data.password_length"]["change"]
    assert (version["secret_string"], version["secret_string_wo"], version["secret_string_wo_version"]) == (
        None,
        None,
        1,
    )
    assert (length["after"]["input"], length["after_unknown"]["output"]) == (40, True)


def test_the_first_version_keeps_a_label_of_its_own(resources: dict[str, dict[str, Any]]) -> None:
    version = resources["aws_secretsmanager_secret_version.initial"]
    assert sorted(version["version_stages"]) == ["AWSCURRENT", "INITIAL"]


def test_the_function_rotates_weekly_but_not_at_once(resources: dict[str, dict[str, Any]]) -> None:
    rotation = resources['aws_secretsmanager_secret_rotation.this["this"]']
    assert (rotation["rotation_lambda_arn"], rotation["rotate_immediately"], rotation["rotation_rules"]) == (
        "arn:aws:lambda:us-east-1:123456789012:function:prod-rotation-use1:live",
        False,
        [{"automatically_after_days": 7, "duration": None, "schedule_expression": None}],
    )


@pytest.mark.parametrize(("suffix", "qualifier"), [(":live", "live"), ("", None)])
def test_secrets_manager_may_call_the_function_that_rotates(
    plan_module: Planner, suffix: str, qualifier: str | None
) -> None:
    function = f"arn:aws:lambda:us-east-1:123456789012:function:prod-rotation-use1{suffix}"
    case = CASE | {"rotation": {"function_arn": function, "days": 7}}
    planned = plan_module("security/database_secret", case).modules["module.this"].resources
    permission = planned['aws_lambda_permission.rotation["this"]']["values"]
    assert (
        permission["principal"],
        permission["function_name"],
        permission["qualifier"],
        permission["statement_id"],
    ) == ("secretsmanager.amazonaws.com", "prod-rotation-use1", qualifier, "rotates-prod-orders-app")


def test_the_secret_is_given_out_over_tls_only(resources: dict[str, dict[str, Any]]) -> None:
    policy = resources["aws_secretsmanager_secret_policy.this"]
    assert policy["block_public_policy"] is True
    assert json.loads(policy["policy"])["Statement"] == [
        {
            "Sid": "EncryptedTransportOnly",
            "Effect": "Deny",
            "Action": "secretsmanager:*",
            "Resource": "*",
            "Principal": {"AWS": "*"},
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]
