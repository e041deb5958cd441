"""Resources that a killed apply made and no state knows: recognised by name and imported, never made twice.

Only what our own killed run had begun to create is ever imported, and before anything is applied again: some
services refuse a second creation at once, others only after minutes of the provider's own retries (five for
a function that exists, AWS provider 5.100).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

_API = "{rest_api_id}"
_METHOD = "{rest_api_id}/{resource_id}/{http_method}"
# Import identifiers (the provider's documentation, section Import, 5.100) from the planned attributes and,
# as `id`, from the id that the killed run was given.
_IDENTIFIED_BY = {
    "aws_acm_certificate": "{id}",
    "aws_api_gateway_base_path_mapping": "{domain_name}/{base_path}",
    "aws_api_gateway_deployment": f"{_API}/{{id}}",
    "aws_api_gateway_domain_name": "{domain_name}",
    "aws_api_gateway_gateway_response": f"{_API}/{{response_type}}",
    "aws_api_gateway_integration": _METHOD,
    "aws_api_gateway_integration_response": f"{_METHOD}/{{status_code}}",
    "aws_api_gateway_method": _METHOD,
    "aws_api_gateway_method_response": f"{_METHOD}/{{status_code}}",
    "aws_api_gateway_method_settings": f"{_API}/{{stage_name}}/{{method_path}}",
    "aws_api_gateway_model": f"{_API}/{{name}}",
    "aws_api_gateway_request_validator": f"{_API}/{{id}}",
    "aws_api_gateway_resource": f"{_API}/{{id}}",
    "aws_api_gateway_rest_api": "{id}",
    "aws_api_gateway_stage": f"{_API}/{{stage_name}}",
    "aws_cloudwatch_dashboard": "{dashboard_name}",
    "aws_cloudwatch_log_group": "{name}",
    "aws_cloudwatch_metric_alarm": "{alarm_name}",
    "aws_dynamodb_table": "{name}",
    "aws_iam_role": "{name}",
    "aws_iam_role_policy": "{id}",
    "aws_kms_alias": "{name}",
    "aws_kms_key": "{id}",
    "aws_lambda_alias": "{function_name}/{name}",
    "aws_lambda_function": "{function_name}",
    "aws_lambda_permission": "{function_name}:{qualifier}/{statement_id}",
    "aws_route53_health_check": "{id}",
    "aws_route53_record": "{id}",
    "aws_route53_zone": "{id}",
    "aws_s3_bucket": "{bucket}",
    "aws_sns_topic": "{id}",
}


def identifiers(plan: Mapping[str, Any], begun: Mapping[str, str]) -> dict[str, str]:
    """Import identifier by address, from `terraform show -json <plan>`: of what was begun (address -> id, or
    empty) and is planned to be created. What has no identifier of its own, or not yet, is left out."""
    found: dict[str, str] = {}
    for planned in plan.get("resource_changes") or ():
        address, change = str(planned.get("address")), planned.get("change") or {}
        pattern = _IDENTIFIED_BY.get(str(planned.get("type")))
        if pattern is None or address not in begun or change.get("actions") != ["create"]:
            continue
        known = {name: "" if value is None else value for name, value in (change.get("after") or {}).items()}
        if begun[address]:
            known["id"] = begun[address]
        with contextlib.suppress(KeyError):  # not known before what it belongs to is imported
            found[address] = pattern.format_map(known)
    return dict(sorted(found.items()))
