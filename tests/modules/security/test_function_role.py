from __future__ import annotations

import json
from typing import Any

import pytest
from module_plan import Planner

pytestmark = pytest.mark.terraform

READS = {"dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:Query"}
WRITES = {
    "dynamodb:ConditionCheckItem",
    "dynamodb:DeleteItem",
    "dynamodb:GetItem",
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
}
ACCESS = {
    "read": READS,
    "write": WRITES,
    "read-write": READS | WRITES,
    "probe": {"dynamodb:GetItem", "dynamodb:PutItem"},
}
TABLE = "arn:aws:dynamodb:us-west-2:123456789012:table/prod"
KEYS = "arn:aws:kms:us-west-2:123456789012:key/*"

# one plan serves all: each level on a table of its own
EVERYTHING = {
    "account_id": "123456789012",
    "dead_letter_queue_name": "prod-all-usw2-dead-letter",
    "function_name": "prod-all-usw2",
    "kms_alias": "prod-usw2",
    "name": "prod-all-usw2",
    "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
    "region": "us-west-2",
    "table_access": {
        level: {"table_name": f"prod-{level}", "access": level, "key_alias": "prod-data-usw2"}
        for level in ACCESS
    },
}
NOTHING = {
    "account_id": "123456789012",
    "function_name": "prod-idle-usw2",
    "kms_alias": "prod-usw2",
    "name": "prod-idle-usw2",
    "region": "us-west-2",
    "tracing": False,
}


def values(plan_module: Planner, case: dict[str, Any], address: str) -> dict[str, Any]:
    resource = plan_module("security/function_role", case).modules["module.this"].resources[address]
    return dict(resource["values"])


def statements(plan_module: Planner, case: dict[str, Any] = EVERYTHING) -> list[dict[str, Any]]:
    policy = json.loads(values(plan_module, case, "aws_iam_role_policy.this")["policy"])
    return list(policy["Statement"])


def listed(value: str | list[str]) -> set[str]:
    return {value} if isinstance(value, str) else set(value)


def on_table(plan_module: Planner, level: str) -> dict[str, Any]:
    table = f"{TABLE}-{level}"
    (statement,) = [found for found in statements(plan_module) if table in listed(found["Resource"])]
    return statement


def named(plan_module: Planner, sid: str, case: dict[str, Any] = EVERYTHING) -> dict[str, Any]:
    (statement,) = [found for found in statements(plan_module, case) if found.get("Sid") == sid]
    return statement


@pytest.mark.parametrize("level", ACCESS)
def test_each_access_level_has_exactly_its_actions(plan_module: Planner, level: str) -> None:
    assert listed(on_table(plan_module, level)["Action"]) == ACCESS[level]


def test_a_reader_has_no_action_that_writes(plan_module: Planner) -> None:
    writing = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLInsert", "PartiQLUpdate"}
    actions = listed(on_table(plan_module, "read")["Action"])
    assert actions & {f"dynamodb:{action}" for action in writing} == set()
    assert not any("*" in action for action in actions)


@pytest.mark.parametrize(
    ("level", "indexes"), [("read", True), ("write", False), ("read-write", True), ("probe", False)]
)
def test_indexes_are_open_to_queries_alone(plan_module: Planner, level: str, indexes: bool) -> None:
    table = f"{TABLE}-{level}"
    expected = {table, f"{table}/index/*"} if indexes else {table}
    assert listed(on_table(plan_module, level)["Resource"]) == expected


def test_a_probe_touches_health_items_only(plan_module: Planner) -> None:
    assert on_table(plan_module, "probe")["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": "health#*"},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }


@pytest.mark.parametrize("level", ["read", "write", "read-write"])
def test_only_a_probe_is_bound_to_leading_keys(plan_module: Planner, level: str) -> None:
    assert "Condition" not in on_table(plan_module, level)


def test_tables_are_decrypted_through_dynamodb_and_for_themselves_only(plan_module: Planner) -> None:
    through_dynamodb = [
        found
        for found in statements(plan_module)
        if found.get("Condition", {})
        .get("StringEquals", {})
        .get("kms:ViaService", "")
        .startswith("dynamodb.")
    ]
    assert through_dynamodb == [
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": KEYS,
            "Condition": {
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/prod-data-usw2"},
                "StringEquals": {
                    "kms:EncryptionContext:aws:dynamodb:tableName": f"prod-{level}",
                    "kms:ViaService": "dynamodb.us-west-2.amazonaws.com",
                },
            },
        }
        for level in sorted(ACCESS)
    ]


def test_environment_variables_are_decrypted_for_this_function_only(plan_module: Planner) -> None:
    function = "arn:aws:lambda:us-west-2:123456789012:function:prod-all-usw2"
    assert named(plan_module, "OwnEnvironmentVariables") == {
        "Sid": "OwnEnvironmentVariables",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": KEYS,
        "Condition": {
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/prod-usw2"},
            "StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": function},
        },
    }


def test_dead_letters_go_to_the_function_s_own_queue_only(plan_module: Planner) -> None:
    assert named(plan_module, "SendDeadLetters") == {
        "Sid": "SendDeadLetters",
        "Effect": "Allow",
        "Action": "sqs:SendMessage",
        "Resource": "arn:aws:sqs:us-west-2:123456789012:prod-all-usw2-dead-letter",
    }
    assert named(plan_module, "EncryptDeadLetters") == {
        "Sid": "EncryptDeadLetters",
        "Effect": "Allow",
        "Action": ["kms:GenerateDataKey", "kms:Decrypt"],
        "Resource": KEYS,
        "Condition": {
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/prod-usw2"},
            "StringEquals": {"kms:ViaService": "sqs.us-west-2.amazonaws.com"},
        },
    }


def test_logs_go_to_the_function_s_own_group_only(plan_module: Planner) -> None:
    written = [found for found in statements(plan_module) if "logs:" in json.dumps(found["Action"])]
    assert written == [
        {
            "Sid": "OwnLogs",
            "Effect": "Allow",
            "Action": ["logs:PutLogEvents", "logs:CreateLogStream"],
            "Resource": "arn:aws:logs:us-west-2:123456789012:log-group:/aws/lambda/prod-all-usw2:*",
        }
    ]


def test_no_action_is_a_wildcard_and_only_x_ray_names_every_resource(plan_module: Planner) -> None:
    found = statements(plan_module)
    assert [action for statement in found for action in listed(statement["Action"]) if "*" in action] == []
    everywhere = [statement for statement in found if "*" in listed(statement["Resource"])]
    assert everywhere == [
        {
            "Sid": "Traces",
            "Effect": "Allow",
            "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
            "Resource": "*",
        }
    ]


def test_every_other_resource_is_of_the_function_s_region_and_account(plan_module: Planner) -> None:
    resources = {name for found in statements(plan_module) for name in listed(found["Resource"])} - {"*"}
    assert {name.split(":")[3:5] == ["us-west-2", "123456789012"] for name in resources} == {True}


def test_a_function_that_declares_nothing_may_log_and_read_its_environment(plan_module: Planner) -> None:
    found = statements(plan_module, NOTHING)
    assert [statement["Sid"] for statement in found] == ["OwnLogs", "OwnEnvironmentVariables"]


def test_lambda_takes_the_role_within_its_boundary(plan_module: Planner) -> None:
    role = values(plan_module, EVERYTHING, "aws_iam_role.this")
    assert role["permissions_boundary"] == "arn:aws:iam::123456789012:policy/boundary"
    assert json.loads(role["assume_role_policy"])["Statement"] == [
        {
            "Sid": "LambdaTakesTheRole",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "lambda.amazonaws.com"},
        }
    ]
