from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

SOURCE = "arn:aws:s3:::prod-files-123456789012-use1"
IRELAND = "arn:aws:s3:::prod-files-123456789012-euw1"
OREGON = "arn:aws:s3:::prod-files-210987654321-usw2"
SMALLEST = {
    "account_id": "123456789012",
    "destination": {"bucket": IRELAND[13:], "key_alias": "prod-data-euw1", "region": "eu-west-1"},
    "name": "prod-files-replication-use1",
    "source_bucket": {"bucket": SOURCE[13:], "key_alias": "prod-data-use1", "region": "us-east-1"},
}
FULL = SMALLEST | {
    "further_destinations": {
        "usw2": {
            "account_id": "210987654321",
            "bucket": OREGON[13:],
            "key_alias": "prod-data-usw2",
            "region": "us-west-2",
        }
    },
    "object_lock": True,
    "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
}


def resource(plan_module: Planner, case: dict[str, Any], address: str) -> dict[str, Any]:
    found = plan_module("security/replication_role", case).modules["module.this"].resources
    return dict(found[address]["values"])


def statements(plan_module: Planner, case: dict[str, Any]) -> list[dict[str, Any]]:
    return list(json.loads(resource(plan_module, case, "aws_iam_role_policy.this")["policy"])["Statement"])


def listed(value: str | list[str]) -> set[str]:
    return {value} if isinstance(value, str) else set(value)


def on_objects(plan_module: Planner, case: dict[str, Any]) -> dict[str, tuple[set[str], set[str]]]:
    return {
        found["Sid"]: (listed(found["Action"]), listed(found["Resource"]))
        for found in statements(plan_module, case)
        if "Sid" in found and "Condition" not in found
    }


def key_use(alias: str, bucket: str, region: str) -> dict[str, Any]:
    return {
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{alias}"},
        "StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"},
        "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, f"{bucket}/*"]},
    }


def test_the_role_reads_versions_at_one_end_and_writes_replicas_at_the_other(plan_module: Planner) -> None:
    assert on_objects(plan_module, SMALLEST) == {
        "ReadTheRules": ({"s3:GetReplicationConfiguration", "s3:ListBucket"}, {SOURCE}),
        "ReadVersions": (
            {
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionTagging",
            },
            {f"{SOURCE}/*"},
        ),
        "WriteReplicas": (
            {"s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"},
            {f"{IRELAND}/*"},
        ),
    }


def test_locks_and_another_account_ask_for_more_and_only_where_they_are(plan_module: Planner) -> None:
    more, less = on_objects(plan_module, FULL), on_objects(plan_module, SMALLEST)
    assert more["ReadVersions"][0] - less["ReadVersions"][0] == {
        "s3:GetObjectLegalHold",
        "s3:GetObjectRetention",
    }
    assert more["WriteReplicas"][1] == {f"{IRELAND}/*", f"{OREGON}/*"}
    assert more["GiveReplicasToTheOtherAccount"] == ({"s3:ObjectOwnerOverrideToBucketOwner"}, {f"{OREGON}/*"})


def test_the_source_s_key_decrypts_the_source_and_nothing_else(plan_module: Planner) -> None:
    (found,) = [found for found in statements(plan_module, FULL) if found.get("Sid") == "DecryptTheSource"]
    assert (found["Action"], found["Resource"]) == (
        "kms:Decrypt",
        "arn:aws:kms:us-east-1:123456789012:key/*",
    )
    assert found["Condition"] == key_use("prod-data-use1", SOURCE, "us-east-1")


def test_each_destination_s_key_encrypts_its_replicas_and_decrypts_nothing(plan_module: Planner) -> None:
    found = [found for found in statements(plan_module, FULL) if "kms:Encrypt" in listed(found["Action"])]
    assert [listed(statement["Action"]) for statement in found] == [
        {"kms:Encrypt", "kms:GenerateDataKey"}
    ] * 2
    assert {statement["Resource"]: statement["Condition"] for statement in found} == {
        "arn:aws:kms:eu-west-1:123456789012:key/*": key_use("prod-data-euw1", IRELAND, "eu-west-1"),
        "arn:aws:kms:us-west-2:210987654321:key/*": key_use("prod-data-usw2", OREGON, "us-west-2"),
    }


def test_no_action_and_no_resource_is_a_bare_wildcard(plan_module: Planner) -> None:
    found = statements(plan_module, FULL)
    assert [action for statement in found for action in listed(statement["Action"]) if "*" in action] == []
    assert [statement for statement in found if "*" in listed(statement["Resource"])] == []


def test_s3_takes_the_role_within_its_boundary(plan_module: Planner) -> None:
    role = resource(plan_module, FULL, "aws_iam_role.this")
    assert role["permissions_boundary"] == "arn:aws:iam::123456789012:policy/boundary"
    assert json.loads(role["assume_role_policy"])["Statement"] == [
        {
            "Sid": "S3TakesTheRole",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "s3.amazonaws.com"},
        }
    ]
