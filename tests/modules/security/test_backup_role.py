from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

HOME, COPY = "us-east-1", "us-west-2"
TABLES = {
    "account_id": "123456789012",
    "copy_vaults": {COPY: {"name": "prod-backups-usw2", "key_alias": "prod-usw2"}},
    "name": "prod-use1-backup",
    "region": HOME,
    "table_key_alias": "prod-data-use1",
    "tables": ["prod-items"],
    "vault": {"name": "prod-backups-use1", "key_alias": "prod-use1"},
}
FULL = TABLES | {
    "cluster_key_alias": "prod-use1",
    "clusters": ["prod-orders-use1"],
    "permissions_boundary": "arn:aws:iam::123456789012:policy/boundary",
}
ONLY_CLUSTERS = {
    name: value for name, value in FULL.items() if name not in ("copy_vaults", "table_key_alias", "tables")
}


def resource(plan_module: Planner, case: dict[str, Any], address: str) -> dict[str, Any]:
    found = plan_module("security/backup_role", case).modules["module.this"].resources
    return dict(found[address]["values"])


def statements(plan_module: Planner, case: dict[str, Any]) -> list[dict[str, Any]]:
    return list(json.loads(resource(plan_module, case, "aws_iam_role_policy.this")["policy"])["Statement"])


def listed(value: str | list[str]) -> set[str]:
    return {value} if isinstance(value, str) else set(value)


def by_sid(plan_module: Planner, case: dict[str, Any]) -> dict[str, tuple[set[str], set[str]]]:
    return {
        found["Sid"]: (listed(found["Action"]), listed(found["Resource"]))
        for found in statements(plan_module, case)
        if found.get("Sid")
    }


def arn(service: str, rest: str, region: str = HOME) -> str:
    return f"arn:aws:{service}:{region}:123456789012:{rest}"


def test_copies_go_from_this_region_s_recovery_points_into_the_vaults_that_are_named(
    plan_module: Planner,
) -> None:
    found = by_sid(plan_module, TABLES)
    home, copy = (
        arn("backup", "backup-vault:prod-backups-use1"),
        arn("backup", "backup-vault:prod-backups-usw2", COPY),
    )
    assert found["UseVaults"] == ({"backup:DescribeBackupVault"}, {home, copy})
    assert found["CopyIntoVaults"] == ({"backup:CopyIntoBackupVault"}, {copy})
    assert found["CopyFromTheVault"] == ({"backup:CopyFromBackupVault"}, {arn("backup", "recovery-point:*")})


def test_tables_are_backed_up_in_the_only_way_that_can_be_copied(plan_module: Planner) -> None:
    assert by_sid(plan_module, TABLES)["BackUpTables"] == (
        {"dynamodb:DescribeTable", "dynamodb:ListTagsOfResource", "dynamodb:StartAwsBackupJob"},
        {arn("dynamodb", "table/prod-items")},
    )


def test_clusters_are_snapshot_by_name_and_only_aws_backup_s_snapshots_are_deleted(
    plan_module: Planner,
) -> None:
    found = by_sid(plan_module, FULL)
    cluster = arn("rds", "cluster:prod-orders-use1")
    here, there = (arn("rds", "cluster-snapshot:awsbackup:*", region) for region in (HOME, COPY))
    assert found["SnapshotClusters"] == ({"rds:CreateDBClusterSnapshot"}, {cluster, here})
    assert found["ReadClusters"][1] == {cluster, here, there}
    assert found["CopyAndExpireSnapshots"] == (
        {"rds:AddTagsToResource", "rds:CopyDBClusterSnapshot", "rds:DeleteDBClusterSnapshot"},
        {here, there},
    )
    assert found["CopyFromTheVault"][1] == {arn("backup", "recovery-point:*"), here}


def test_a_role_knows_nothing_of_what_it_is_not_for(plan_module: Planner) -> None:
    def services(case: dict[str, Any]) -> set[str]:
        actions = {action for found in statements(plan_module, case) for action in listed(found["Action"])}
        return {action.split(":")[0] for action in actions}

    assert services(TABLES) == {"backup", "dynamodb", "kms"}
    assert services(ONLY_CLUSTERS) == {"backup", "kms", "rds"}
    assert not {sid for sid in by_sid(plan_module, ONLY_CLUSTERS) if sid.startswith("Copy")} - {
        "CopyAndExpireSnapshots"
    }


def test_keys_of_tables_and_of_the_vault_are_used_through_dynamodb_alone(plan_module: Planner) -> None:
    (found,) = [each for each in statements(plan_module, FULL) if each.get("Sid") == "EncryptThroughDynamoDB"]
    assert (listed(found["Action"]), found["Resource"]) == (
        {"kms:Decrypt", "kms:GenerateDataKey"},
        arn("kms", "key/*"),
    )
    aliases = listed(found["Condition"].pop("ForAnyValue:StringEquals")["kms:ResourceAliases"])
    assert aliases == {"alias/prod-data-use1", "alias/prod-use1"}
    assert found["Condition"] == {"StringEquals": {"kms:ViaService": "dynamodb.us-east-1.amazonaws.com"}}


def test_grants_are_for_services_and_of_the_keys_of_each_region_alone(plan_module: Planner) -> None:
    grants = {
        found["Resource"]: found["Condition"]
        for found in statements(plan_module, FULL)
        if listed(found["Action"]) == {"kms:CreateGrant"}
    }
    aliases = {
        resource: listed(condition["ForAnyValue:StringEquals"]["kms:ResourceAliases"])
        for resource, condition in grants.items()
    }
    assert aliases == {
        arn("kms", "key/*"): {"alias/prod-use1", "alias/prod-data-use1"},
        arn("kms", "key/*", COPY): {"alias/prod-usw2"},
    }
    assert {condition["Bool"]["kms:GrantIsForAWSResource"] for condition in grants.values()} == {"true"}


def test_no_action_and_no_resource_is_a_bare_wildcard(plan_module: Planner) -> None:
    found = statements(plan_module, FULL)
    assert [action for statement in found for action in listed(statement["Action"]) if "*" in action] == []
    assert [statement for statement in found if "*" in listed(statement["Resource"])] == []


def test_aws_backup_takes_the_role_within_its_boundary(plan_module: Planner) -> None:
    role = resource(plan_module, FULL, "aws_iam_role.this")
    assert role["permissions_boundary"] == "arn:aws:iam::123456789012:policy/boundary"
    assert json.loads(role["assume_role_policy"])["Statement"] == [
        {
            "Sid": "BackupTakesTheRole",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "backup.amazonaws.com"},
        }
    ]
