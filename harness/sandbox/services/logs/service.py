"""CloudWatch Logs: the two operations by which a log group gets another key, or loses it.

Terraform calls them when it imports a log group that a stopped apply, or a function's first line, has made
without a key. Source: CloudWatch Logs API Reference, AssociateKmsKey and DisassociateKmsKey.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.sandbox.service import Answer, Operation, Request, Service
from harness.sandbox.services.logs.stored import log_group


class CloudWatchLogs(Service):
    """MiniStack answers everything else."""

    name = "logs"

    @property
    def operations(self) -> Mapping[str, Operation]:
        return {"AssociateKmsKey": _associated, "DisassociateKmsKey": _disassociated}


def _associated(request: Request) -> Answer:
    return _with_key(request, json.loads(request.body).get("kmsKeyId"))


def _disassociated(request: Request) -> Answer:
    return _with_key(request, None)


def _with_key(request: Request, key: str | None) -> Answer:
    name = str(json.loads(request.body).get("logGroupName"))
    group = log_group(request.account_id, request.region, name)
    if group is None:
        return _answer(
            400, {"__type": "ResourceNotFoundException", "message": "The specified log group does not exist."}
        )
    group["kmsKeyId"] = key
    return _answer(200, {})


def _answer(status: int, content: Mapping[str, Any]) -> Answer:
    return status, {"content-type": "application/x-amz-json-1.1"}, json.dumps(content).encode()
