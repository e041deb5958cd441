"""The compute tier: functions and the REST API in front of them, in every region alike."""

from __future__ import annotations

import json
from collections.abc import Iterator

from generator import hosts, naming
from generator.manifest import Manifest
from generator.manifest.compute import Route
from generator.manifest.implied import routes
from generator.naming import resource_label
from generator.terraform.calls import Declaration, ModuleCall
from generator.terraform.hcl import Reference, Value


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    if manifest.compute.api and manifest.compute.api.account_logging_role:
        yield ModuleCall(
            stack="global",
            label="api_logging_role",
            module="security/api_logging_role",
            region=manifest.recovery_region,
            arguments={
                "name": _logging_role(manifest),
                "account_id": manifest.account_id,
                "permissions_boundary": manifest.role_boundary,
            },
        )
    for region in manifest.regions if manifest.compute.api else ():
        yield _api(manifest, region)


def _logging_role(manifest: Manifest) -> str:
    return f"{manifest.name}-api-logs"


def _api(manifest: Manifest, region: str) -> ModuleCall:
    api = manifest.compute.api
    assert api is not None
    logging_role = naming.role_arn(manifest.account_id, _logging_role(manifest), region)
    return ModuleCall(
        stack=region,
        label="api",
        module="compute/rest_api",
        region=region,
        arguments={
            "name": naming.api(manifest.name, region),
            "stage_name": naming.STAGE,
            "routes": {key: _route(manifest, region, route) for key, route in routes(manifest).items()},
            "aliases": {
                naming.function(manifest.name, name, region): Reference(
                    f"module.{resource_label('function', name)}.alias_name"
                )
                for name in dict.fromkeys(route.function for route in routes(manifest).values())
            },
            "cors": {
                "origins": list(api.cors.origins),
                "headers": list(api.cors.headers),
                "max_age_seconds": api.cors.max_age_seconds,
            },
            "throttle": {"rate": api.throttle.rate, "burst": api.throttle.burst},
            "access_log_retention_days": manifest.observability.log_retention_days,
            "kms_key_arn": Reference("module.key.arn"),
            "domain_names": list(hosts.answered(manifest, region)),
            "tracing": manifest.observability.tracing,
            "cloudwatch_role_arn": logging_role if api.account_logging_role else None,
        },
    )


def _route(manifest: Manifest, region: str, route: Route) -> Value:
    values: dict[str, Value] = {
        "function_name": naming.function(manifest.name, route.function, region),
        "invoke_arn": naming.invoke_arn(manifest.account_id, manifest.name, route.function, region),
    }
    if route.required_query_parameters:
        values["required_query_parameters"] = list(route.required_query_parameters)
    if route.required_headers:
        values["required_headers"] = list(route.required_headers)
    if route.body_schema is not None:
        values["body_schema"] = json.dumps(route.body_schema, sort_keys=True, separators=(",", ":"))
    return values
