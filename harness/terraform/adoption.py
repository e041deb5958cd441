"""Resources that a killed apply made and no state knows: recognised by name and imported, never made twice.

Only what our own killed run had begun to create is ever imported, and only when AWS answers that it exists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.terraform.diagnostics import Diagnostic

# Error codes with which AWS services refuse a second creation (the services' API references).
_EXISTS = re.compile(
    r"BucketAlreadyOwnedByYou|EntityAlreadyExists|ResourceAlreadyExistsException|ResourceInUseException"
    r"|AlreadyExistsException|ResourceConflictException|QueueAlreadyExists|QueueNameExists|already exists"
)

# The attribute that is the import identifier (the provider's documentation, section Import, 5.100).
_IDENTIFIED_BY = {
    "aws_cloudwatch_dashboard": "dashboard_name",
    "aws_cloudwatch_log_group": "name",
    "aws_cloudwatch_metric_alarm": "alarm_name",
    "aws_dynamodb_table": "name",
    "aws_iam_role": "name",
    "aws_kms_alias": "name",
    "aws_lambda_function": "function_name",
    "aws_s3_bucket": "bucket",
}


def existing(errors: Sequence[Diagnostic], begun: frozenset[str]) -> frozenset[str]:
    """Addresses that could not be created because they exist, among those that the killed run had begun."""
    return frozenset(
        each.address
        for each in errors
        if each.address in begun and _EXISTS.search(f"{each.summary}\n{each.detail}")
    )


def identifiers(plan: Mapping[str, Any], addresses: frozenset[str]) -> dict[str, str]:
    """Import identifier by address, from `terraform show -json <plan>`; other types are left out."""
    found: dict[str, str] = {}
    for change in plan.get("resource_changes") or ():
        attribute = _IDENTIFIED_BY.get(str(change.get("type")))
        name = ((change.get("change") or {}).get("after") or {}).get(attribute) if attribute else None
        if change.get("address") in addresses and isinstance(name, str):
            found[str(change["address"])] = name
    return dict(sorted(found.items()))
