"""The failover tier: a majority of regions decides which one may serve and write, and which takes over."""

from __future__ import annotations

from collections.abc import Iterator

from generator import naming
from generator.manifest import Manifest
from generator.manifest.data import ADMIN, APP
from generator.manifest.failover import FAILOVER, Failover
from generator.manifest.implied import voters
from generator.naming import resource_label
from generator.terraform.calls import Declaration, ModuleCall
from generator.terraform.hcl import Reference, Value
from generator.tiers.functions import json_text, package_path

METRICS = "Antipode/Failover"


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    settings = manifest.failover
    if settings is None:
        return
    for region in voters(manifest):
        if region == settings.witness:
            yield _witness_key(manifest, region)
        yield _role(manifest, region)
        yield _function(manifest, settings, region)
        yield _controller(manifest, settings, region)


def _witness_key(manifest: Manifest, region: str) -> ModuleCall:
    return ModuleCall(
        stack=region,
        label="key",
        module="security/key",
        region=region,
        arguments={
            "alias": naming.regional_key_alias(manifest.name, region),
            "description": f"Votes and logs of {manifest.name} in {region}",
            "account_id": manifest.account_id,
            "services": [f"logs.{region}.amazonaws.com", "cloudwatch.amazonaws.com", "sns.amazonaws.com"],
            "deletion_window_days": manifest.security.key_deletion_window_days,
        },
    )


def _role(manifest: Manifest, region: str) -> ModuleCall:
    databases = manifest.data.databases
    return ModuleCall(
        stack="global",
        label=resource_label("role", FAILOVER, naming.provider_alias(region)),
        module="security/failover_role",
        region=manifest.recovery_region,
        arguments={
            "name": naming.function(manifest.name, FAILOVER, region),
            "account_id": manifest.account_id,
            "region": region,
            "function_name": naming.function(manifest.name, FAILOVER, region),
            "control_table": naming.control_table(manifest.name),
            "voters": {each: naming.regional_key_alias(manifest.name, each) for each in voters(manifest)},
            "databases": {
                name: {
                    "global_cluster": naming.global_cluster(manifest.name, name),
                    "clusters": _clusters(manifest, name),
                    "secrets": _secrets(manifest, name),
                    "admin_secret": naming.database_secret(manifest.name, name, ADMIN),
                }
                for name in databases
            },
            "kms_alias": naming.regional_key_alias(manifest.name, region),
            "secret_key_aliases": {
                each: naming.data_key_alias(manifest.name, each) for each in manifest.regions
            }
            if databases
            else None,
            "metric_namespace": METRICS,
            "tracing": manifest.observability.tracing,
            "permissions_boundary": manifest.role_boundary,
        },
    )


def _clusters(manifest: Manifest, database: str) -> dict[str, Value]:
    return {region: naming.database_cluster(manifest.name, database, region) for region in manifest.regions}


def _secrets(manifest: Manifest, database: str) -> list[Value]:
    return [naming.database_secret(manifest.name, database, user) for user in (ADMIN, APP)]


def _function(manifest: Manifest, settings: Failover, region: str) -> ModuleCall:
    return ModuleCall(
        stack=region,
        label=resource_label("function", FAILOVER),
        module="compute/function",
        region=region,
        arguments={
            "name": naming.function(manifest.name, FAILOVER, region),
            "description": f"Decides with the other regions who serves {manifest.name}",
            "package": package_path(FAILOVER),
            "memory_mb": 256,
            # a schedule calls once a minute and the function looks several times within it
            "timeout_seconds": 90,
            "role_arn": naming.role_arn(
                manifest.account_id, naming.function(manifest.name, FAILOVER, region), region
            ),
            "environment": _environment(manifest, settings),
            "kms_key_arn": Reference("module.key.arn"),
            "log_retention_days": manifest.observability.log_retention_days,
            "tracing": manifest.observability.tracing,
        },
    )


def _environment(manifest: Manifest, settings: Failover) -> dict[str, Value]:
    regions = {
        region: {
            "health_url": "https://"
            + naming.regional_host(manifest.edge.record, manifest.domain, region)
            + manifest.edge.health_check.path,
            "succession": number,
        }
        for number, region in enumerate(manifest.succession)
    }
    clusters = {
        name: {
            "global": naming.global_cluster(manifest.name, name),
            "clusters": _clusters(manifest, name),
            "admin_secret": naming.database_secret(manifest.name, name, ADMIN),
            "secrets": _secrets(manifest, name),
            "database": database.database_name,
            "keys": {
                region: naming.key_alias_arn(
                    manifest.account_id, naming.data_key_alias(manifest.name, region), region
                )
                for region in manifest.regions
            },
        }
        for name, database in manifest.data.databases.items()
    }
    objectives = manifest.objectives
    lag = min([objectives.rpo, *(objectives.of(name).rpo for name in manifest.data.databases)])
    return {
        "ANTIPODE_ENVIRONMENT": manifest.name,
        "ACCOUNT_ID": manifest.account_id,
        "VOTERS": json_text(list(voters(manifest))),
        "REGIONS": json_text(regions),
        "CONTROL_TABLE": naming.control_table(manifest.name),
        "GLOBAL_CLUSTERS": json_text(clusters),
        "LEASE_SECONDS": f"{settings.lease:g}",
        "GUARD_SECONDS": f"{settings.guard:g}",
        "AGREEMENT_SECONDS": f"{settings.agreement:g}",
        "RPO_SECONDS": f"{lag:g}",
        "MODE": settings.mode,
        "HOME_REGION": manifest.lead_region,
        "SETTLED_SECONDS": f"{settings.settled:g}",
        "AUTO_RETURN": "true" if manifest.edge.auto_return else "false",
        "TOPOLOGY": manifest.topology,
    }


def _controller(manifest: Manifest, settings: Failover, region: str) -> ModuleCall:
    return ModuleCall(
        stack=region,
        label="failover",
        module="operations/failover",
        region=region,
        arguments={
            "name": naming.function(manifest.name, FAILOVER, region),
            "environment": manifest.name,
            "control_table": {
                "name": naming.control_table(manifest.name),
                "kms_key_arn": Reference("module.key.arn"),
                "deletion_protection": manifest.operations.protect,
            },
            "function": {
                "name": naming.function(manifest.name, FAILOVER, region),
                "alias_name": Reference(f"module.function_{FAILOVER}.alias_name"),
                "alias_arn": Reference(f"module.function_{FAILOVER}.alias_arn"),
            },
            "tick_seconds": settings.tick,
            "observed_regions": [other for other in manifest.traffic_regions if other != region],
            "metric_namespace": METRICS,
            "kms_key_arn": Reference("module.key.arn"),
            "notify": list(manifest.observability.notify),
        },
    )
