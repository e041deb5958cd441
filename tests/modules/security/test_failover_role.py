from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

ACCOUNT = "123456789012"
PLAIN = {
    "account_id": ACCOUNT,
    "control_table": "prod-control",
    "function_name": "prod-failover-use1",
    "kms_alias": "prod-use1",
    "name": "prod-failover-use1",
    "region": "us-east-1",
    "voters": {"us-east-1": "prod-use1", "us-east-2": "prod-use2", "eu-west-1": "prod-euw1"},
}
WITH_DATABASE = PLAIN | {
    "databases": {
        "orders": {
            "global_cluster": "prod-orders",
            "clusters": {"us-east-1": "prod-orders-use1", "eu-west-1": "prod-orders-euw1"},
            "secrets": ["prod/orders/admin", "prod/orders/app"],
            "admin_secret": "prod/orders/admin",
        }
    },
    "secret_key_aliases": {"us-east-1": "prod-data-use1", "eu-west-1": "prod-data-euw1"},
}
MEMBERS = [
    f"arn:aws:rds::{ACCOUNT}:global-cluster:prod-orders",
    f"arn:aws:rds:eu-west-1:{ACCOUNT}:cluster:prod-orders-euw1",
    f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:prod-orders-use1",
]
OWN_SECRETS = {
    f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:prod/orders/{user}-??????"
    for user in ("admin", "app")
}
EVERY_SECRET = {
    f"arn:aws:secretsmanager:*:{ACCOUNT}:secret:prod/orders/{user}-??????" for user in ("admin", "app")
}


def statements(plan_module: Planner, case: dict[str, Any] = WITH_DATABASE) -> list[dict[str, Any]]:
    planned = plan_module("security/failover_role", case).modules["module.this"].resources
    return list(json.loads(planned["aws_iam_role_policy.this"]["values"]["policy"])["Statement"])


def listed(value: str | list[str]) -> set[str]:
    return {value} if isinstance(value, str) else set(value)


def named(plan_module: Planner, sid: str, case: dict[str, Any] = WITH_DATABASE) -> dict[str, Any]:
    (statement,) = [found for found in statements(plan_module, case) if found.get("Sid") == sid]
    return statement


def test_it_votes_in_every_region_s_control_table_and_deletes_nothing(plan_module: Planner) -> None:
    statement = named(plan_module, "ControlTables")
    assert listed(statement["Action"]) == {
        f"dynamodb:{action}" for action in ("GetItem", "PutItem", "UpdateItem")
    }
    assert listed(statement["Resource"]) == {
        f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/prod-control" for region in PLAIN["voters"]
    }


def test_each_control_table_is_decrypted_through_dynamodb_of_its_region_only(plan_module: Planner) -> None:
    found = [
        statement
        for statement in statements(plan_module)
        if "kms:EncryptionContext:aws:dynamodb:tableName"
        in statement.get("Condition", {}).get("StringEquals", {})
    ]
    assert found == [
        {
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": f"arn:aws:kms:{region}:{ACCOUNT}:key/*",
            "Condition": {
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{alias}"},
                "StringEquals": {
                    "kms:EncryptionContext:aws:dynamodb:tableName": "prod-control",
                    "kms:ViaService": f"dynamodb.{region}.amazonaws.com",
                },
            },
        }
        for region, alias in sorted(WITH_DATABASE["voters"].items())
    ]


def test_it_sees_and_changes_who_writes_in_the_named_global_clusters_only(plan_module: Planner) -> None:
    statement = named(plan_module, "WhoWrites")
    assert listed(statement["Action"]) == {
        "rds:DescribeDBClusters",
        "rds:DescribeGlobalClusters",
        "rds:FailoverGlobalCluster",
        "rds:SwitchoverGlobalCluster",
    }
    assert listed(statement["Resource"]) == set(MEMBERS)


def test_it_queries_the_member_of_its_own_region_only(plan_module: Planner) -> None:
    statement = named(plan_module, "QueryOwnMembers")
    own = f"arn:aws:rds:us-east-1:{ACCOUNT}:cluster:prod-orders-use1"
    assert listed(statement["Resource"]) == {own, f"{own}-kept"}
    assert statement["Action"] == "rds-data:ExecuteStatement"


def test_it_reads_the_administrator_s_secret_of_its_own_region_only(plan_module: Planner) -> None:
    reading = [
        listed(statement["Resource"])
        for statement in statements(plan_module)
        if "secretsmanager:GetSecretValue" in listed(statement["Action"])
    ]
    assert reading == [{f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:prod/orders/admin-??????"}]


def test_it_promotes_its_own_copies_of_the_secrets_and_replicates_them_within_the_estate(
    plan_module: Planner,
) -> None:
    statement = named(plan_module, "PromoteAndReplicateSecrets")
    assert listed(statement["Action"]) == {
        "secretsmanager:DescribeSecret",
        "secretsmanager:ReplicateSecretToRegions",
        "secretsmanager:StopReplicationToReplica",
    }
    assert listed(statement["Resource"]) == OWN_SECRETS
    ((test, condition),) = statement["Condition"].items()
    assert (test, {name: listed(regions) for name, regions in condition.items()}) == (
        "ForAllValues:StringEquals",
        {"secretsmanager:AddReplicaRegions": {"us-east-1", "eu-west-1"}},
    )


def test_secrets_are_decrypted_here_and_encrypted_for_the_other_region(plan_module: Planner) -> None:
    found = {
        (listed(statement["Resource"]).pop(), alias): (
            listed(statement["Action"]),
            listed(statement["Condition"]["StringLike"]["kms:EncryptionContext:SecretARN"]),
        )
        for statement in statements(plan_module)
        if "StringLike" in statement.get("Condition", {})
        for alias in listed(statement["Condition"]["ForAnyValue:StringEquals"]["kms:ResourceAliases"])
    }
    assert found == {
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*", "alias/prod-data-use1"): ({"kms:Decrypt"}, EVERY_SECRET),
        (f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/*", "alias/prod-data-euw1"): (
            {"kms:Encrypt", "kms:GenerateDataKey"},
            EVERY_SECRET,
        ),
    }


def test_it_publishes_to_one_namespace_only(plan_module: Planner) -> None:
    assert named(plan_module, "PublishWhatItSees") == {
        "Sid": "PublishWhatItSees",
        "Effect": "Allow",
        "Action": "cloudwatch:PutMetricData",
        "Resource": "*",
        "Condition": {"StringEquals": {"cloudwatch:namespace": "Antipode/Failover"}},
    }


def test_no_action_is_a_wildcard_and_only_what_knows_no_resource_names_them_all(plan_module: Planner) -> None:
    found = statements(plan_module)
    assert [action for statement in found for action in listed(statement["Action"]) if "*" in action] == []
    everywhere = {
        action
        for statement in found
        if statement["Resource"] == "*"
        for action in listed(statement["Action"])
    }
    assert everywhere == {
        "cloudwatch:GetMetricData",
        "cloudwatch:PutMetricData",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    }


def test_nothing_is_made_or_deleted_but_what_a_failover_left_behind(plan_module: Planner) -> None:
    changing = ("Delete", "Create", "Remove", "Restore", "Modify")
    made = {
        action: {name.split(":", 5)[-1] for name in listed(statement["Resource"])}
        for statement in statements(plan_module)
        for action in listed(statement["Action"])
        if action.split(":")[1].startswith(changing) and action.startswith("rds:")
    }
    instance = {"cluster:prod-orders-use1-kept", "db:prod-orders-use1-kept-1", "subgrp:prod-orders-use1"}
    assert made == {
        "rds:CreateDBInstance": instance,
        "rds:DeleteDBCluster": instance,
        "rds:DeleteDBInstance": instance,
        "rds:RestoreDBClusterFromSnapshot": {
            "cluster-pg:prod-orders-use1-*",
            "cluster-snapshot:rds:unplanned-global-failover-*",
            "cluster:prod-orders-use1-kept",
            "subgrp:prod-orders-use1",
        },
    }


def test_rds_is_granted_the_clusters_key_of_this_region_and_only_for_itself(plan_module: Planner) -> None:
    assert named(plan_module, "DecryptWhatWasKept") == {
        "Sid": "DecryptWhatWasKept",
        "Effect": "Allow",
        "Action": "kms:CreateGrant",
        "Resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*",
        "Condition": {
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/prod-use1"},
            "Bool": {"kms:GrantIsForAWSResource": "true"},
            "StringEquals": {"kms:ViaService": "rds.us-east-1.amazonaws.com"},
        },
    }


def test_without_reconciliation_nothing_can_be_made_or_deleted(plan_module: Planner) -> None:
    found = statements(plan_module, WITH_DATABASE | {"reconcile": False})
    actions = {action.split(":")[1] for statement in found for action in listed(statement["Action"])}
    changing = ("Delete", "Create", "Remove", "Restore", "Modify")
    assert {action for action in actions if action.startswith(changing)} == {"CreateLogStream"}


def test_the_policy_of_three_databases_in_three_regions_fits_into_a_role(plan_module: Planner) -> None:
    regions = {"us-east-1": "use1", "us-west-2": "usw2", "eu-west-1": "euw1"}
    case = PLAIN | {
        "voters": {region: f"production-{code}" for region, code in regions.items()},
        "secret_key_aliases": {region: f"production-data-{code}" for region, code in regions.items()},
        "databases": {
            name: {
                "global_cluster": f"production-{name}",
                "clusters": {region: f"production-{name}-{code}" for region, code in regions.items()},
                "secrets": [f"production/{name}/admin", f"production/{name}/app"],
                "admin_secret": f"production/{name}/admin",
            }
            for name in ("customers", "inventory", "orders")
        },
    }
    text = json.dumps(statements(plan_module, case), separators=(",", ":"))
    assert len(text) <= 10_240 - len('{"Version":"2012-10-17","Statement":}')


def test_without_a_database_it_touches_none(plan_module: Planner) -> None:
    found = statements(plan_module, PLAIN)
    services = {action.split(":")[0] for statement in found for action in listed(statement["Action"])}
    assert services == {"cloudwatch", "dynamodb", "kms", "logs", "xray"}


def test_a_witness_sees_who_writes_and_can_change_nothing(plan_module: Planner) -> None:
    found = statements(plan_module, WITH_DATABASE | {"region": "us-east-2", "kms_alias": "prod-use2"})
    actions = {action for statement in found for action in listed(statement["Action"])}
    assert {
        action for action in actions if action.split(":")[0] in ("rds", "rds-data", "secretsmanager")
    } == {
        "rds:DescribeDBClusters",
        "rds:DescribeGlobalClusters",
    }
