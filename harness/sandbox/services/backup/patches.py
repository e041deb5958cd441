"""What the embedded AWS Backup lacks: policies and locks of vaults, and the settings of a region."""

from __future__ import annotations

import functools
import importlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from harness.sandbox.emulators.patches import patch
from harness.sandbox.requests.messages import Answer
from harness.sandbox.service import running
from harness.sandbox.services.backup.service import Backup

Handler = Callable[[str, str, Mapping[str, str], bytes, Mapping[str, Any]], Awaitable[Answer]]

_MODULE = "ministack.services.backup"
_OPT_IN, _MANAGEMENT = "ResourceTypeOptInPreference", "ResourceTypeManagementPreference"
# Types whose backups AWS Backup may manage fully, as an account has them that made its first vault before
# November 2021 (AWS Backup Developer Guide, "Advanced DynamoDB backup"): the one that has something to set.
_MANAGED = {"CloudFormation": True, "DynamoDB": False, "EFS": False}
_LOCK = ("MinRetentionDays", "MaxRetentionDays")


@patch(_MODULE, "handle_request", digest="2262eee618f8")
def vaults_keep_policies_and_locks_and_regions_their_settings(original: Handler) -> Handler:
    """MiniStack has no route for the policy and the lock of a vault, nor for changing a region's settings,
    which it says are empty. AWS keeps what was put, says ResourceNotFoundException of an absent policy, shows
    a lock in DescribeBackupVault, and answers the settings of every type that it has, whatever was set (AWS
    Backup API reference, PutBackupVaultAccessPolicy, PutBackupVaultLockConfiguration,
    UpdateRegionSettings)."""

    @functools.wraps(original)
    async def handle(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Answer:
        backup, parts = importlib.import_module(_MODULE), path.strip("/").split("/")
        match parts:
            case ["backup-vaults", name, "access-policy"]:
                return _policy(backup, method, name, body)
            case ["backup-vaults", name, "vault-lock"]:
                return _lock(backup, method, name, body)
            case ["account-settings"]:
                return _settings(backup, method, body)
        return await original(method, path, headers, body, query)

    return handle


def _policy(backup: Any, method: str, name: str, body: bytes) -> Answer:
    vault = backup._vaults.get(name)
    if vault is None:
        return _refused(backup, f"Vault '{name}' not found.")
    if method == "PUT":
        vault["_policy"] = json.loads(body)["Policy"]
        return _done(backup)
    if "_policy" not in vault:
        return _refused(backup, f"No access policy is associated with vault '{name}'.")
    if method == "DELETE":
        del vault["_policy"]
        return _done(backup)
    return _told(
        backup,
        {
            "BackupVaultName": name,
            "BackupVaultArn": vault["BackupVaultArn"],
            "Policy": vault["_policy"],
        },
    )


def _lock(backup: Any, method: str, name: str, body: bytes) -> Answer:
    vault = backup._vaults.get(name)
    if vault is None:
        return _refused(backup, f"Vault '{name}' not found.")
    for key in _LOCK:
        vault.pop(key, None)
    vault["Locked"] = method == "PUT"
    if method == "PUT":
        vault.update(
            {key: days for key, days in json.loads(body).items() if key in _LOCK and days is not None}
        )
    return _done(backup)


def _settings(backup: Any, method: str, body: bytes) -> Answer:
    scope = (backup.get_account_id(), backup.get_region())
    room = running(Backup)
    held = (room.settings if room is not None else {}).setdefault(
        scope,
        {_OPT_IN: dict.fromkeys(backup._SUPPORTED_RESOURCE_TYPES, True), _MANAGEMENT: dict(_MANAGED)},
    )
    if method == "PUT":
        asked = json.loads(body)
        unknown = [
            kind for key in (_OPT_IN, _MANAGEMENT) for kind in asked.get(key) or {} if kind not in held[key]
        ]
        if unknown:
            return _refused(
                backup, f"{', '.join(unknown)} is not supported.", code="InvalidParameterValueException"
            )
        for key in (_OPT_IN, _MANAGEMENT):
            held[key].update(asked.get(key) or {})
        return _done(backup)
    return _told(backup, held)


def _told(backup: Any, body: Mapping[str, Any]) -> Answer:
    answer: Answer = backup._ok(body)
    return answer


def _done(backup: Any) -> Answer:
    answer: Answer = backup._no_content()
    return answer


def _refused(backup: Any, message: str, *, code: str = "ResourceNotFoundException") -> Answer:
    answer: Answer = backup._err(code, message, 400)
    return answer
