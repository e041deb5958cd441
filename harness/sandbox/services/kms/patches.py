"""The keys that AWS manages, which the embedded KMS does not have."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

from harness.sandbox.emulators.patches import patch

_MODULE = "ministack.services.kms"


@patch(_MODULE, "_resolve_key", digest="90e6b84ded7c")
def aws_managed_keys(original: Callable[[str], Any]) -> Callable[[str], Any]:
    """MiniStack has no AWS managed keys. On AWS `alias/aws/<service>` appears when the service, or
    DescribeKey, first needs it (KMS Developer Guide, "AWS managed keys"; API reference, DescribeKey)."""

    @functools.wraps(original)
    def resolve(key: str) -> Any:
        found = original(key)
        name = (key or "").rpartition(":")[2]
        if found is not None or not name.startswith("alias/aws/"):
            return found
        kms = importlib.import_module(_MODULE)
        service = name.removeprefix("alias/aws/")
        description = f"Default key that protects my {service} resources when no other key is defined"
        kms._create_key({"Description": description})
        record = next(rec for rec in reversed(kms._keys.values()) if rec["Description"] == description)
        record["KeyManager"] = "AWS"
        kms._aliases[kms._alias_arn(name)] = record["KeyId"]
        kms._stamp_alias(kms._alias_arn(name), created=True)
        return record

    return resolve


@patch(_MODULE, "_key_metadata", digest="ee6ca8cd7d04")
def key_manager(original: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """MiniStack says that the customer manages every key. Those of `aws_managed_keys` are AWS's."""

    @functools.wraps(original)
    def metadata(record: Any) -> dict[str, Any]:
        return {**original(record), "KeyManager": record.get("KeyManager", "CUSTOMER")}

    return metadata
