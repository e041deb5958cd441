"""What DynamoDB asks Application Auto Scaling: whether the writes of a provisioned table scale."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any

from harness.sandbox.emulators.patches import patch
from harness.sandbox.service import running
from harness.sandbox.services.application_autoscaling.service import ApplicationAutoScaling

_MODULE = "ministack.services.dynamodb"


@patch(_MODULE, "_update_table", digest="dd1170ef031c")
def a_replica_needs_scaling_writes(original: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """MiniStack takes a replica of any table. AWS refuses one of a provisioned table whose writes have no
    scalable target: "Table write capacity should either be Pay-Per-Request or AutoScaled" (DynamoDB
    Developer Guide, "Best practices and requirements for managing global tables")."""

    @functools.wraps(original)
    def update(request: Mapping[str, Any]) -> Any:
        scaling = running(ApplicationAutoScaling)
        creates = any("Create" in change for change in request.get("ReplicaUpdates") or ())
        if scaling is not None and creates:
            dynamodb = importlib.import_module(_MODULE)
            name = dynamodb._normalize_table_name(request.get("TableName"))
            if _is_provisioned(dynamodb, name) and not scaling.writes_scale(dynamodb.get_region(), name):
                return dynamodb.error_response_json(
                    "ValidationException",
                    "Table write capacity should either be Pay-Per-Request or AutoScaled.",
                    400,
                )
        return original(request)

    return update


def _is_provisioned(dynamodb: Any, name: str) -> bool:
    table = dynamodb._tables.get(name)
    mode = ((table or {}).get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    return table is not None and mode == "PROVISIONED"
