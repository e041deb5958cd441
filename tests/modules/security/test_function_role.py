from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

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
OBJECT_ACCESS = {
    "read": {"s3:GetObject"},
    "write": {"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"},
    "read-write": {"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"},
}
BUCKET = "arn:aws:s3:::prod"
SECRET = "arn:aws:secretsmanager:us-west-2:123456789012:secret:prod/orders"
FUNCTION = "arn:aws:lambda:us-west-2:123456789012:function:prod-all-usw2"
TABLE = "arn:aws:dynamodb:us-west-2:123456789012:table/prod"
KEYS = "arn:aws:kms:us-west-2:123456789012:key/*"

# one plan serves all: each level on a table of its own
EVERYTHING = {
    "account_id": "123456789012",
    "bucket_access": {
        level: {"bucket_name": f"prod-{level}", "access": level, "key_alias": "prod-data-usw2"}
        for level in ACCESS
    },
    "control_table": {"name": "prod-control", "key_alias": "prod-usw2"},
    "dead_letter_queue_name": "prod-all-usw2-dead-letter",
    "function_name": "prod-all-usw2",
    "kms_alias": "prod-usw2",
    "name": "prod-all-usw2",
    "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
    "region": "us-west-2",
    "secrets": {
        "admin": {"name": "prod/orders/admin", "key_alias": "prod-data-usw2", "access": "rotate"},
        "app": {"name": "prod/orders/app", "key_alias": "prod-data-usw2"},
    },
    "vpc": True,
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


def on(plan_module: Planner, bucket: str) -> list[dict[str, Any]]:
    return [found for found in statements(plan_module) if listed(found["Resource"]) & {bucket, f"{bucket}/*"}]


def through(plan_module: Planner, service: str) -> list[dict[str, Any]]:
    """The statements without a name that hold through one service of the region only."""
    via = f"{service}.us-west-2.amazonaws.com"
    return [
        found
        for found in statements(plan_module)
        if found.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService") == via
        and "Sid" not in found
    ]


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
    assert through(plan_module, "dynamodb") == [
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
    assert named(plan_module, "OwnEnvironmentVariables") == {
        "Sid": "OwnEnvironmentVariables",
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": KEYS,
        "Condition": {
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/prod-usw2"},
            "StringEquals": {"kms:EncryptionContext:aws:lambda:FunctionArn": FUNCTION},
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


def test_no_action_is_a_wildcard_and_only_what_knows_no_resource_names_every_one(
    plan_module: Planner,
) -> None:
    found = statements(plan_module)
    assert [action for statement in found for action in listed(statement["Action"]) if "*" in action] == []
    everywhere = {
        statement["Sid"]: listed(statement["Action"])
        for statement in found
        if statement["Effect"] == "Allow" and "*" in listed(statement["Resource"])
    }
    assert everywhere == {
        "FindNetworkInterfaces": {"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"},
        "NewPasswords": {"secretsmanager:GetRandomPassword"},
        "Traces": {"xray:PutTelemetryRecords", "xray:PutTraceSegments"},
    }


def test_every_other_resource_is_of_the_function_s_region_and_account(plan_module: Planner) -> None:
    resources = {name for found in statements(plan_module) for name in listed(found["Resource"])} - {"*"}
    buckets = {name for name in resources if name.startswith("arn:aws:s3:::")}
    assert {name.split(":")[3:5] == ["us-west-2", "123456789012"] for name in resources - buckets} == {True}


@pytest.mark.parametrize("level", OBJECT_ACCESS)
def test_each_access_level_of_a_bucket_has_exactly_its_actions(plan_module: Planner, level: str) -> None:
    bucket = f"{BUCKET}-{level}"
    assert {
        found["Resource"]: (listed(found["Action"]), "Condition" in found)
        for found in on(plan_module, bucket)
    } == {
        bucket: ({"s3:ListBucket"}, False),
        f"{bucket}/*": (OBJECT_ACCESS[level], False),
    }


def test_a_probe_lists_one_key_of_a_bucket_and_touches_no_object(plan_module: Planner) -> None:
    assert on(plan_module, f"{BUCKET}-probe") == [
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": f"{BUCKET}-probe",
            "Condition": {"NumericLessThanEquals": {"s3:max-keys": "1"}},
        }
    ]


def test_objects_are_decrypted_through_s3_and_for_their_bucket_only(plan_module: Planner) -> None:
    assert through(plan_module, "s3") == [
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt" if level == "read" else ["kms:GenerateDataKey", "kms:Decrypt"],
            "Resource": KEYS,
            "Condition": {
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/prod-data-usw2"},
                "StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"},
                "StringLike": {
                    "kms:EncryptionContext:aws:s3:arn": [f"{BUCKET}-{level}", f"{BUCKET}-{level}/*"]
                },
            },
        }
        for level in sorted(OBJECT_ACCESS)
    ]


def test_a_secret_is_read_and_only_a_rotating_function_writes_it(plan_module: Planner) -> None:
    reads = {"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}
    writes = {"secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"}
    found = {
        statement["Resource"]: listed(statement["Action"])
        for statement in statements(plan_module)
        if str(statement["Resource"]).startswith(SECRET)
    }
    assert found == {f"{SECRET}/admin-??????": reads | writes, f"{SECRET}/app-??????": reads}


def test_secrets_are_decrypted_through_secrets_manager_and_for_themselves_only(plan_module: Planner) -> None:
    assert through(plan_module, "secretsmanager") == [
        {
            "Effect": "Allow",
            "Action": action,
            "Resource": KEYS,
            "Condition": {
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/prod-data-usw2"},
                "StringEquals": {"kms:ViaService": "secretsmanager.us-west-2.amazonaws.com"},
                "StringLike": {"kms:EncryptionContext:SecretARN": f"{SECRET}/{name}-??????"},
            },
        }
        for name, action in (("admin", ["kms:GenerateDataKey", "kms:Decrypt"]), ("app", "kms:Decrypt"))
    ]


def test_a_function_that_only_reads_secrets_makes_up_no_passwords(plan_module: Planner) -> None:
    reader = NOTHING | {"secrets": {"app": {"name": "prod/orders/app", "key_alias": "prod-data-usw2"}}}
    assert "secretsmanager:GetRandomPassword" not in json.dumps(statements(plan_module, reader))


def test_the_admission_is_read_and_nothing_else_is_done_to_the_control_table(plan_module: Planner) -> None:
    assert named(plan_module, "ReadAdmission") == {
        "Sid": "ReadAdmission",
        "Effect": "Allow",
        "Action": "dynamodb:GetItem",
        "Resource": f"{TABLE}-control",
    }
    assert named(plan_module, "DecryptAdmission")["Condition"] == {
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/prod-usw2"},
        "StringEquals": {
            "kms:EncryptionContext:aws:dynamodb:tableName": "prod-control",
            "kms:ViaService": "dynamodb.us-west-2.amazonaws.com",
        },
    }


def test_network_interfaces_are_lambda_s_to_manage_and_not_the_code_s(plan_module: Planner) -> None:
    managed = named(plan_module, "NetworkInterfaces")
    denied = named(plan_module, "NetworkInterfacesAreForLambdaAlone")
    actions = {
        "ec2:AssignPrivateIpAddresses",
        "ec2:CreateNetworkInterface",
        "ec2:DeleteNetworkInterface",
        "ec2:UnassignPrivateIpAddresses",
    }
    assert (listed(managed["Action"]), managed["Resource"]) == (
        actions,
        "arn:aws:ec2:us-west-2:123456789012:*/*",
    )
    assert (denied["Effect"], denied["Condition"]) == (
        "Deny",
        {"ArnEquals": {"lambda:SourceFunctionArn": FUNCTION}},
    )
    found = listed(named(plan_module, "FindNetworkInterfaces")["Action"])
    assert listed(denied["Action"]) == actions | found


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
