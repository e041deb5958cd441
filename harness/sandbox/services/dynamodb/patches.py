"""The keys of a table's replicas, which the embedded DynamoDB takes from the source table."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

from harness.sandbox.emulators.patches import patch

_MODULE = "ministack.services.dynamodb"


@patch(_MODULE, "_apply_replica_updates", digest="cd04ee6026c8")
def replica_keys(original: Callable[..., Any]) -> Callable[..., Any]:
    """MiniStack copies the source table's KMS key to a replica. AWS uses the key that ReplicaUpdates names
    for that region, else its default (DynamoDB API reference, CreateReplicationGroupMemberAction)."""

    @functools.wraps(original)
    def update(name: str, table: Any, updates: Any) -> Any:
        error = original(name, table, updates)
        if error is not None:
            return error
        dynamodb = importlib.import_module(_MODULE)
        for action, change in (pair for update in updates for pair in update.items()):
            replica = dynamodb._tables.get_scoped(
                dynamodb.get_account_id(), change.get("RegionName", ""), name
            )
            key = change.get("KMSMasterKeyId")
            if replica is None or (action == "Update" and key is None):
                continue
            with dynamodb.request_scope(dynamodb.get_account_id(), change["RegionName"]):
                given = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
                replica["SSEDescription"] = dynamodb._sse_description_from_spec(given) if key else None
        return None

    return update


@patch(_MODULE, "_table_description", digest="e6f5cce379b8")
def replica_descriptions(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """MiniStack describes a replica by its region alone. AWS adds the key that ReplicaUpdates named
    (DynamoDB API reference, ReplicaDescription)."""

    @functools.wraps(original)
    def describe(name: str) -> Any:
        description = original(name)
        dynamodb = importlib.import_module(_MODULE)
        for replica in description.get("Replicas", []):
            member = dynamodb._tables.get_scoped(dynamodb.get_account_id(), replica["RegionName"], name)
            key = ((member or {}).get("SSEDescription") or {}).get("KMSMasterKeyArn")
            if key:
                replica["KMSMasterKeyId"] = key
        return description

    return describe
