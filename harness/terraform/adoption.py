"""Resources that a killed apply made and no state knows: recognised by name and imported, never made twice.

Only what our own killed run had begun to create is ever imported, and before anything is applied again: some
services refuse a second creation at once, others only after minutes of the provider's own retries (five for
a function that exists, AWS provider 5.100).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

# Import identifiers by the resource's attributes (the provider's documentation, section Import, 5.100).
_IDENTIFIED_BY = {
    "aws_api_gateway_base_path_mapping": "{domain_name}/{base_path}",
    "aws_api_gateway_domain_name": "{domain_name}",
    "aws_cloudwatch_dashboard": "{dashboard_name}",
    "aws_cloudwatch_log_group": "{name}",
    "aws_cloudwatch_metric_alarm": "{alarm_name}",
    "aws_dynamodb_table": "{name}",
    "aws_iam_role": "{name}",
    "aws_kms_alias": "{name}",
    "aws_lambda_alias": "{function_name}/{name}",
    "aws_lambda_function": "{function_name}",
    "aws_lambda_permission": "{function_name}:{qualifier}/{statement_id}",
    "aws_s3_bucket": "{bucket}",
}


def identifiers(plan: Mapping[str, Any], begun: frozenset[str]) -> dict[str, str]:
    """Import identifier by address, from `terraform show -json <plan>`: of what was begun and is planned to
    be created; types that have no name of their own are left out."""
    found: dict[str, str] = {}
    for planned in plan.get("resource_changes") or ():
        change = planned.get("change") or {}
        pattern = _IDENTIFIED_BY.get(str(planned.get("type")))
        if pattern and planned.get("address") in begun and change.get("actions") == ["create"]:
            after = {name: value for name, value in (change.get("after") or {}).items() if value is not None}
            found[str(planned["address"])] = pattern.format_map(defaultdict(str, after))
    return dict(sorted(found.items()))
