"""What the embedded AWS Backup keeps now: policies and locks of vaults, settings of regions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

VAULT = "prod-backups-use1"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": []})


def client(sandbox: Sandbox, region: str = "us-east-1") -> Any:
    return boto3.client("backup", region_name=region, endpoint_url=sandbox.endpoint)


@pytest.fixture
def backup(sandbox: Sandbox) -> Iterator[Any]:
    made = client(sandbox)
    made.create_backup_vault(BackupVaultName=VAULT)
    yield made
    made.delete_backup_vault(BackupVaultName=VAULT)


def test_a_vault_s_policy_is_read_as_it_was_put_until_it_is_deleted(backup: Any) -> None:
    backup.put_backup_vault_access_policy(BackupVaultName=VAULT, Policy=POLICY)
    found = backup.get_backup_vault_access_policy(BackupVaultName=VAULT)
    assert (found["BackupVaultName"], found["Policy"]) == (VAULT, POLICY)
    backup.delete_backup_vault_access_policy(BackupVaultName=VAULT)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        backup.get_backup_vault_access_policy(BackupVaultName=VAULT)


def test_a_lock_shows_in_the_vault_until_it_is_lifted(backup: Any) -> None:
    def shown() -> tuple[Any, ...]:
        found = backup.describe_backup_vault(BackupVaultName=VAULT)
        return found["Locked"], found.get("MinRetentionDays"), found.get("MaxRetentionDays")

    backup.put_backup_vault_lock_configuration(BackupVaultName=VAULT, MinRetentionDays=7, MaxRetentionDays=35)
    assert shown() == (True, 7, 35)
    backup.put_backup_vault_lock_configuration(BackupVaultName=VAULT, MinRetentionDays=1)
    assert shown() == (True, 1, None)
    backup.delete_backup_vault_lock_configuration(BackupVaultName=VAULT)
    assert shown() == (False, None, None)


@pytest.mark.parametrize("what", ["access_policy", "lock_configuration"])
def test_a_vault_that_is_not_there_has_neither(backup: Any, what: str) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        getattr(backup, f"delete_backup_vault_{what}")(BackupVaultName="elsewhere")


def test_a_region_s_settings_name_every_type_and_change_where_they_are_told_to(
    backup: Any, sandbox: Sandbox
) -> None:
    before = backup.describe_region_settings()
    assert before["ResourceTypeManagementPreference"] == {
        "CloudFormation": True,
        "DynamoDB": False,
        "EFS": False,
    }
    backup.update_region_settings(
        ResourceTypeOptInPreference={"Aurora": True},
        ResourceTypeManagementPreference={"DynamoDB": True},
    )
    after = backup.describe_region_settings()
    assert set(after["ResourceTypeOptInPreference"]) >= {"Aurora", "DynamoDB", "EBS"}
    assert after["ResourceTypeManagementPreference"]["DynamoDB"] is True
    elsewhere = client(sandbox, "us-west-2").describe_region_settings()
    assert elsewhere["ResourceTypeManagementPreference"]["DynamoDB"] is False


def test_a_type_that_a_region_does_not_have_is_refused(backup: Any) -> None:
    with pytest.raises(ClientError, match="Mainframe is not supported"):
        backup.update_region_settings(ResourceTypeOptInPreference={"Mainframe": True})
