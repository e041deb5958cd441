"""Every function in every region: its role, its package, its environment variables, its release."""

from __future__ import annotations

import json
from collections.abc import Iterator

from generator import naming
from generator.manifest import Manifest
from generator.manifest.compute import MIGRATIONS, ROTATION, Access, Function, Release
from generator.manifest.data import ADMIN, APP
from generator.manifest.implied import functions, maintenance
from generator.naming import resource_label
from generator.terraform.calls import Declaration, ModuleCall, StackOutput
from generator.terraform.hcl import Reference, Value
from generator.tiers import data


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    for region in manifest.regions:
        for name, function in {**functions(manifest), **maintenance(manifest)}.items():
            yield _role(manifest, region, name, function)
            yield _function(manifest, region, name, function)
    for name in manifest.data.databases:
        yield _migration(manifest, name)
    yield from _releases(manifest)


def package_path(source: str) -> str:
    """The path of the package of a folder of lambda_src/, seen from the root of a stack."""
    return f"../functions/{source}.zip"


def json_text(value: object) -> str:
    """JSON for an environment variable, without spaces."""
    return json.dumps(value, separators=(",", ":"))


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
            "permissions_boundary": manifest.role_boundary,
        },
    )


def _secrets(manifest: Manifest, name: str, databases: dict[str, Access], key_alias: str) -> dict[str, Value]:
    maintains = name in maintenance(manifest)
    users = (ADMIN, APP) if maintains else (APP,)
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
    """The control table, for functions that ask it who may serve: those with a database or a health probe."""
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
            "package": package_path(function.source) if function.source else f"../{function.package}",
            "handler": function.handler,
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
    """CodeDeploy's role in each region, and an output per function with the release to ask of it."""
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
                "permissions_boundary": manifest.role_boundary,
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
        f"{prefix}_SECRET": naming.database_secret(manifest.name, database, APP),
    }
    if name in maintenance(manifest):
        variables[f"{prefix}_ADMIN_SECRET"] = naming.database_secret(manifest.name, database, ADMIN)
    return variables


def _probed(manifest: Manifest, region: str, function: Function) -> dict[str, Value]:
    """The stores that the health function tests; when one is out of reach, traffic leaves the region."""

    def probed(kind: str) -> list[str]:
        return [name for name, level in _accessed(manifest, function, kind).items() if level == "probe"]

    keys = {
        naming.table(manifest.name, name): manifest.data.tables[name].hash_key for name in probed("table")
    }
    buckets = [naming.bucket(manifest.name, name, manifest.account_id, region) for name in probed("bucket")]
    variables: dict[str, Value] = {"HEALTH_TABLES": json_text(keys)}
    if buckets:
        variables["HEALTH_BUCKETS"] = json_text(buckets)
    if databases := probed("database"):
        variables["HEALTH_DATABASES"] = json_text(databases)
    return variables


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
