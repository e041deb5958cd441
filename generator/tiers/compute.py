"""The compute tier: functions and the REST API in front of them, in every region alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from generator import hosts, naming
from generator.calls import Declaration, ModuleCall, StackOutput
from generator.fields import EnvironmentVariable, Name, Part, Text
from generator.hcl import Reference, Value
from generator.naming import resource_label
from generator.tiers import data

if TYPE_CHECKING:
    from generator.manifest import Manifest

Access = Literal["read", "write", "read-write", "probe"]
RouteKey = Annotated[
    str,
    StringConstraints(
        pattern=r"^(GET|POST|PUT|PATCH|DELETE|HEAD) (/|(/([A-Za-z0-9._-]+|\{[A-Za-z0-9_]+\})){1,4})$"
    ),
    Field(description="Method and path, for example GET /read; at most four levels."),
]
Origin = Annotated[str, StringConstraints(pattern=r"^(\*|https?://[A-Za-z0-9.-]+(:\d{1,5})?)$")]

HEALTH, ROTATION, MIGRATIONS = "health", "rotation", "migrations"
RESERVED = (HEALTH, "failover", ROTATION, MIGRATIONS)


class Release(Part):
    """How a new version of a function takes over: some requests first, all of them if no alarm rings."""

    kind: Literal["canary", "linear", "all-at-once"] = Field(
        "canary", description="canary: a share, then the rest; linear: a share each time the minutes pass."
    )
    percent: Annotated[int, Field(ge=1, le=99)] = Field(10, description="Share of requests in percent.")
    minutes: Annotated[int, Field(ge=1, le=2880)] = Field(5, description="How long a share is watched.")
    error_percent: Annotated[float, Field(gt=0, le=100)] = Field(
        1, description="Share of failed requests that takes the release back."
    )
    p99_ms: Annotated[int, Field(gt=0)] | None = Field(
        None, description="Milliseconds of the slowest percent that take the release back."
    )


class Function(Part):
    """A function, deployed to every region, with the access it declares and no other."""

    source: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        description="Folder under lambda_src/ that holds its handler.py."
    )
    access: dict[str, Access] = Field(
        default_factory=dict,
        description="What it may do with each table, bucket or database: read, write, read-write or probe.",
    )
    environment: dict[EnvironmentVariable, Text] = Field(
        default_factory=dict, description="Further environment variables."
    )
    memory_mb: Annotated[int, Field(ge=128, le=10240)] = Field(256, description="Memory in MB.")
    timeout_seconds: Annotated[int, Field(ge=1, le=29)] = Field(
        5, description="Time limit; API Gateway gives up after 29 seconds."
    )
    runtime: Literal["python3.11", "python3.12", "python3.13"] = Field("python3.12", description="Runtime.")
    architecture: Literal["arm64", "x86_64"] = Field("arm64", description="Instruction set.")
    reserved_concurrency: Annotated[int, Field(ge=0)] | None = Field(
        None, description="Executions set aside for it, which is also its upper limit."
    )
    provisioned_concurrency: Annotated[int, Field(ge=0)] = Field(
        0, description="Environments kept warm in every region, so that failover meets no cold start."
    )
    release: Release | None = Field(
        None, description="Release new versions step by step with CodeDeploy; at once if left out."
    )
    dead_letter: bool = Field(
        False, description="Keep events whose asynchronous invocation failed; calls from an API never are."
    )


class Route(Part):
    """A route with request validation."""

    function: Name = Field(description="The function that answers.")
    required_query_parameters: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$")]] = Field(
        default_factory=list, description="Query parameters without which the request is refused."
    )
    required_headers: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]] = Field(
        default_factory=list, description="Headers without which the request is refused."
    )
    body_schema: dict[str, Any] | None = Field(
        None, description="JSON Schema (draft 4) that the body must match before the function is called."
    )


class Cors(Part):
    """Which web pages may call the API."""

    origins: list[Origin] = Field(default_factory=list, description="Allowed origins, or * alone.")
    headers: list[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]] = Field(
        default_factory=lambda: ["Content-Type", "Idempotency-Key"], description="Allowed request headers."
    )
    max_age_seconds: Annotated[int, Field(ge=0, le=86400)] = Field(
        600, description="How long a browser may keep the answer."
    )

    @model_validator(mode="after")
    def _star_stands_alone(self) -> Cors:
        if "*" in self.origins and len(self.origins) > 1:
            raise ValueError("origins: * allows every origin and cannot stand beside others")
        return self


class Throttle(Part):
    """Limits per region; each must carry all of the traffic when the others are lost."""

    rate: Annotated[float, Field(gt=0)] = Field(1000, description="Steady requests per second.")
    burst: Annotated[int, Field(gt=0)] = Field(2000, description="Requests at once.")


class Api(Part):
    """The REST API."""

    routes: dict[RouteKey, Name | Route] = Field(
        min_length=1, description="Function, or function with request validation, of each method and path."
    )
    cors: Cors = Field(default_factory=lambda: Cors(), description="Which web pages may call the API.")
    throttle: Throttle = Field(default_factory=lambda: Throttle(), description="Limits per region.")
    account_logging_role: bool = Field(
        True,
        description="Set the account's API Gateway log role; one environment of an account does.",
    )

    def route(self, key: str) -> Route:
        route = self.routes[key]
        return route if isinstance(route, Route) else Route(function=route)


class Compute(Part):
    """Functions and the API in front of them."""

    functions: dict[Name, Function] = Field(default_factory=dict, description="Functions by name.")
    api: Api | None = Field(None, description="The REST API, one in each region.")


def functions(manifest: Manifest) -> dict[str, Function]:
    """The functions behind the API: the manifest's, and the health function that every API has unless a
    route answers for it."""
    declared = dict(manifest.compute.functions)
    if manifest.compute.api and f"GET {manifest.edge.health_check.path}" not in manifest.compute.api.routes:
        # two seconds is all that a Route 53 checker waits for the status line
        declared[HEALTH] = Function(
            source=HEALTH, access=dict.fromkeys(manifest.data.stores(), "probe"), timeout_seconds=3
        )
    return declared


def maintenance(manifest: Manifest) -> dict[str, Function]:
    """The functions that look after databases; no route leads to them."""
    if not manifest.data.databases:
        return {}
    access: dict[str, Access] = dict.fromkeys(manifest.data.databases, "read-write")
    return {
        ROTATION: Function(source=ROTATION, access=access, timeout_seconds=29),
        MIGRATIONS: Function(source=MIGRATIONS, access=access, timeout_seconds=29),
    }


def path_pattern(path: str) -> str:
    """The CDN's pattern for a route's path: a parameter stands for anything.

    >>> path_pattern("/orders/{id}")
    '/orders/*'
    """
    return re.sub(r"\{[^}]+\}", "*", path)


def routes(manifest: Manifest) -> dict[str, Route]:
    """The API's routes with the implied one for the health check."""
    api = manifest.compute.api
    if api is None:
        return {}
    declared = {key: api.route(key) for key in api.routes}
    if HEALTH in functions(manifest) and HEALTH not in manifest.compute.functions:
        declared[f"GET {manifest.edge.health_check.path}"] = Route(function=HEALTH)
    return declared


def package_path(source: str) -> str:
    """Where a function's package lies, seen from the root of a stack."""
    return f"../functions/{source}.zip"


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    if manifest.compute.api and manifest.compute.api.account_logging_role:
        yield ModuleCall(
            stack="global",
            label="api_logging_role",
            module="security/api_logging_role",
            region=manifest.recovery_region,
            arguments={"name": _logging_role(manifest), "account_id": manifest.account_id},
        )
    for region in manifest.regions:
        for name, function in {**functions(manifest), **maintenance(manifest)}.items():
            yield _role(manifest, region, name, function)
            yield _function(manifest, region, name, function)
        if manifest.compute.api:
            yield _api(manifest, region)
    for name in manifest.data.databases:
        yield _migration(manifest, name)
    yield from _releases(manifest)


def _logging_role(manifest: Manifest) -> str:
    return f"{manifest.name}-api-logs"


def _accessed(manifest: Manifest, function: Function, kind: str) -> dict[str, Access]:
    """The stores of one kind that a function has access to."""
    kinds = manifest.data.stores()
    return {name: level for name, level in function.access.items() if kinds[name] == kind}


def _role(manifest: Manifest, region: str, name: str, function: Function) -> ModuleCall:
    full = naming.function(manifest.name, name, region)
    regional_key = naming.regional_key_alias(manifest.name, region)
    data_key = naming.data_key_alias(manifest.name, region)
    tables: dict[str, Value] = {
        table: {"table_name": naming.table(manifest.name, table), "access": level, "key_alias": data_key}
        for table, level in _accessed(manifest, function, "table").items()
    }
    buckets: dict[str, Value] = {
        bucket: {
            "bucket_name": naming.bucket(manifest.name, bucket, manifest.account_id, region),
            "access": level,
            "key_alias": regional_key,
        }
        for bucket, level in _accessed(manifest, function, "bucket").items()
    }
    databases = _accessed(manifest, function, "database")
    return ModuleCall(
        stack="global",
        label=resource_label("role", name, naming.provider_alias(region)),
        module="security/function_role",
        region=manifest.recovery_region,
        arguments={
            "name": full,
            "account_id": manifest.account_id,
            "region": region,
            "function_name": full,
            "table_access": tables,
            "bucket_access": buckets or None,
            "secrets": _secrets(manifest, name, databases, data_key) or None,
            "vpc": True if databases else None,
            "control_table": _control_table(manifest, name, function, regional_key),
            "kms_alias": regional_key,
            "dead_letter_queue_name": f"{full}-dead-letter" if function.dead_letter else None,
            "tracing": manifest.observability.tracing,
            "permissions_boundary": manifest.security.permissions_boundary,
        },
    )


def _secrets(manifest: Manifest, name: str, databases: dict[str, Access], key_alias: str) -> dict[str, Value]:
    maintains = name in maintenance(manifest)
    users = (data.ADMIN, data.APP) if maintains else (data.APP,)
    return {
        resource_label(database, user): {
            "name": naming.database_secret(manifest.name, database, user),
            "key_alias": key_alias,
            "access": "rotate" if name == ROTATION else "read",
        }
        for database in databases
        for user in users
    }


def _control_table(manifest: Manifest, name: str, function: Function, key_alias: str) -> Value:
    """Who writes to a database, and who answers for the region's health, asks who may serve."""
    asks = "probe" in function.access.values() or bool(_accessed(manifest, function, "database"))
    if manifest.failover is None or name in maintenance(manifest) or not asks:
        return None
    return {"name": naming.control_table(manifest.name), "key_alias": key_alias}


def _function(manifest: Manifest, region: str, name: str, function: Function) -> ModuleCall:
    return ModuleCall(
        stack=region,
        label=resource_label("function", name),
        module="compute/function",
        region=region,
        arguments={
            "name": naming.function(manifest.name, name, region),
            "description": f"{name} of {manifest.name} in {region}",
            "package": package_path(function.source),
            "runtime": function.runtime,
            "architecture": function.architecture,
            "memory_mb": function.memory_mb,
            "timeout_seconds": function.timeout_seconds,
            "role_arn": naming.role_arn(
                manifest.account_id, naming.function(manifest.name, name, region), region
            ),
            "environment": _environment(manifest, region, name, function),
            "vpc": _network(manifest, function),
            "canary": _canary(manifest, region, function.release),
            "kms_key_arn": Reference("module.key.arn"),
            "log_retention_days": manifest.observability.log_retention_days,
            "tracing": manifest.observability.tracing,
            "dead_letter": {"enabled": True} if function.dead_letter else None,
            "reserved_concurrency": function.reserved_concurrency,
            "provisioned_concurrency": function.provisioned_concurrency or None,
        },
    )


def _canary(manifest: Manifest, region: str, release: Release | None) -> Value:
    if release is None:
        return None
    return {
        "role_arn": naming.role_arn(manifest.account_id, naming.release_role(manifest.name, region), region),
        "shift": {"kind": release.kind, "percent": release.percent, "minutes": release.minutes},
        "alarms": {"error_percent": release.error_percent, "p99_milliseconds": release.p99_ms},
        "topic_arn": Reference("module.alarms.topic_arn"),
    }


def _releases(manifest: Manifest) -> Iterator[Declaration]:
    """What CodeDeploy may do in each region, and what has to be asked of it for each function."""
    released = [name for name, function in functions(manifest).items() if function.release]
    for region in manifest.regions if released else ():
        yield ModuleCall(
            stack="global",
            label=resource_label("release_role", naming.provider_alias(region)),
            module="security/release_role",
            region=manifest.recovery_region,
            arguments={
                "name": naming.release_role(manifest.name, region),
                "account_id": manifest.account_id,
                "region": region,
                "function_names": [naming.function(manifest.name, name, region) for name in released],
                "topics": {
                    "alarms": {
                        "name": naming.alarm_topic(manifest.name, region),
                        "key_alias": naming.regional_key_alias(manifest.name, region),
                    }
                },
                "permissions_boundary": manifest.security.permissions_boundary,
            },
        )
        for name in released:
            yield StackOutput(
                region,
                f"release_{resource_label(name)}",
                Reference(f"module.{resource_label('function', name)}.release"),
                f"What `make release` asks of CodeDeploy for {name}; null when its newest version serves.",
            )


def _network(manifest: Manifest, function: Function) -> Value:
    if not _accessed(manifest, function, "database"):
        return None
    return {
        "subnet_ids": Reference("module.network.subnet_ids"),
        "security_group_ids": [Reference("module.network.function_security_group_id")],
    }


def _environment(manifest: Manifest, region: str, name: str, function: Function) -> dict[str, Value]:
    variables: dict[str, Value] = {"ANTIPODE_ENVIRONMENT": manifest.name}
    tables = _accessed(manifest, function, "table")
    buckets = _accessed(manifest, function, "bucket")
    databases = _accessed(manifest, function, "database")
    for table in tables:
        variable = f"TABLE_{resource_label(table).upper()}"
        variables[variable] = naming.table(manifest.name, table)
        variables[f"{variable}_KEY"] = manifest.data.tables[table].hash_key
    for bucket in buckets:
        variables[f"BUCKET_{resource_label(bucket).upper()}"] = naming.bucket(
            manifest.name, bucket, manifest.account_id, region
        )
    for database in databases:
        variables |= _database_variables(manifest, name, database)
    if "probe" in function.access.values():
        variables |= _probed(manifest, region, function)
    if _control_table(manifest, name, function, "") is not None:
        variables["CONTROL_TABLE"] = naming.control_table(manifest.name)
    if manifest.compute.api and manifest.compute.api.cors.origins:
        variables["ALLOWED_ORIGINS"] = ",".join(manifest.compute.api.cors.origins)
    return variables | dict(function.environment)


def _database_variables(manifest: Manifest, name: str, database: str) -> dict[str, Value]:
    prefix = f"DATABASE_{resource_label(database).upper()}"
    module = f"module.{data.cluster_label(database)}"
    variables: dict[str, Value] = {
        f"{prefix}_ENDPOINT": Reference(f"{module}.endpoint"),
        f"{prefix}_READER_ENDPOINT": Reference(f"{module}.reader_endpoint"),
        f"{prefix}_PORT": str(data.PORTS[manifest.data.databases[database].engine]),
        f"{prefix}_NAME": manifest.data.databases[database].database_name,
        f"{prefix}_SECRET": naming.database_secret(manifest.name, database, data.APP),
    }
    if name in maintenance(manifest):
        variables[f"{prefix}_ADMIN_SECRET"] = naming.database_secret(manifest.name, database, data.ADMIN)
    return variables


def _probed(manifest: Manifest, region: str, function: Function) -> dict[str, Value]:
    """What the health function tests: a region that cannot reach one of them is to be left."""

    def probed(kind: str) -> list[str]:
        return [name for name, level in _accessed(manifest, function, kind).items() if level == "probe"]

    keys = {
        naming.table(manifest.name, name): manifest.data.tables[name].hash_key for name in probed("table")
    }
    buckets = [naming.bucket(manifest.name, name, manifest.account_id, region) for name in probed("bucket")]
    variables: dict[str, Value] = {"HEALTH_TABLES": _json(keys)}
    if buckets:
        variables["HEALTH_BUCKETS"] = _json(buckets)
    if databases := probed("database"):
        variables["HEALTH_DATABASES"] = _json(databases)
    return variables


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _migration(manifest: Manifest, database: str) -> ModuleCall:
    lead = manifest.lead_region
    function = f"module.{resource_label('function', MIGRATIONS)}"
    return ModuleCall(
        stack=lead,
        label=resource_label("migration", database),
        module="compute/migration",
        region=lead,
        arguments={
            "function_name": Reference(f"{function}.function_name"),
            "alias_name": Reference(f"{function}.alias_name"),
            "code_sha256": Reference(f"{function}.code_sha256"),
            "payload": {"database": database},
        },
        depends_on=(data.cluster_label(database),),
    )


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
