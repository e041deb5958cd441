"""The observability tier: logs, traces, alarms per region and of the CDN, dashboards of all regions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generator import naming
from generator.manifest import Manifest, implied
from generator.regions import CDN_REGION
from generator.terraform.calls import Declaration, ModuleCall
from generator.terraform.hcl import Reference, Value
from generator.tiers import failover

# Amazon S3 User Guide, "Meeting compliance requirements using S3 Replication Time Control": 15 minutes. The
# objective of a bucket that no request writes may be shorter, and its alarm would never be silent.
OBJECT_SECONDS: Final = 900


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    if not manifest.compute.api:
        return
    columns: list[Value] = [_column(manifest, region) for region in manifest.regions]
    for region in manifest.regions:
        yield _alarms(manifest, region)
        # one in every region, each showing all of them: the dashboard outlives the region it shows dark
        yield ModuleCall(
            stack=region,
            label="dashboard",
            module="observability/dashboard",
            region=region,
            arguments={
                "name": naming.api(manifest.name, region),
                "regions": columns,
                "reachability": _reachability(manifest),
            },
        )
    if manifest.edge.entry == "cdn":
        yield _cdn_alarms(manifest)


def _functions(manifest: Manifest, region: str) -> list[str]:
    return [naming.function(manifest.name, name, region) for name in implied.functions(manifest)]


def _maintenance(manifest: Manifest, region: str) -> list[str]:
    return [naming.function(manifest.name, name, region) for name in implied.maintenance(manifest)]


def _provisioned(manifest: Manifest, region: str) -> list[str]:
    return [
        naming.function(manifest.name, name, region)
        for name, function in implied.functions(manifest).items()
        if function.provisioned_concurrency
    ]


def _dead_letter_queues(manifest: Manifest, region: str) -> list[str]:
    return [
        f"{naming.function(manifest.name, name, region)}-dead-letter"
        for name, function in implied.functions(manifest).items()
        if function.dead_letter
    ]


def _alarms(manifest: Manifest, region: str) -> ModuleCall:
    limits = manifest.observability.alarms
    others = [other for other in manifest.regions if other != region]
    return ModuleCall(
        stack=region,
        label="alarms",
        module="observability/alarms",
        region=region,
        arguments={
            "name": naming.api(manifest.name, region),
            "api_name": naming.api(manifest.name, region),
            "stage_name": naming.STAGE,
            "functions": [*_functions(manifest, region), *_maintenance(manifest, region)],
            "cold_start_functions": _functions(manifest, region),
            "provisioned_functions": _provisioned(manifest, region) or None,
            "dead_letter_queues": _dead_letter_queues(manifest, region) or None,
            "tables": {naming.table(manifest.name, table): list(others) for table in manifest.data.tables},
            "buckets": {
                _bucket(manifest, bucket, region): {
                    "replicas": {other: _bucket(manifest, bucket, other) for other in others},
                    "latency_seconds": max(OBJECT_SECONDS, manifest.objectives.of(bucket).rpo),
                }
                for bucket in manifest.data.buckets
            }
            or None,
            "databases": {
                naming.database_cluster(manifest.name, name, region): manifest.objectives.of(name).rpo * 1000
                for name in manifest.data.databases
            }
            or None,
            "kms_key_arn": Reference("module.key.arn"),
            "thresholds": {
                "api_5xx_percent": limits.api_5xx_percent,
                "api_latency_p99_ms": limits.api_latency_p99_ms,
                "replication_latency_ms": limits.replication_latency_ms,
                "cold_start_percent": limits.cold_start_percent,
                "provisioned_spill_over": limits.provisioned_spill_over,
            },
            "notify": list(manifest.observability.notify),
        },
    )


def _bucket(manifest: Manifest, bucket: str, region: str) -> str:
    return naming.bucket(manifest.name, bucket, manifest.account_id, region)


def _column(manifest: Manifest, region: str) -> Value:
    stores: dict[str, Value] = {
        "provisioned_functions": _provisioned(manifest, region),
        "dead_letter_queues": _dead_letter_queues(manifest, region),
        "tables": [naming.table(manifest.name, table) for table in manifest.data.tables],
        "buckets": {bucket: _bucket(manifest, bucket, region) for bucket in manifest.data.buckets},
        "databases": [
            naming.database_cluster(manifest.name, name, region) for name in manifest.data.databases
        ],
    }
    return {
        "region": region,
        "role": manifest.regions[region].role,
        "api_name": naming.api(manifest.name, region),
        "stage_name": naming.STAGE,
        "functions": _functions(manifest, region),
        **{name: value for name, value in stores.items() if value},
    }


def _reachability(manifest: Manifest) -> Value:
    """Which regions each controller looks at and has an alarm on: see failover._controller."""
    voters = implied.voters(manifest)
    if not voters:
        return None
    return {
        "environment": manifest.name,
        "namespace": failover.METRICS,
        "observers": {voter: [region for region in manifest.regions if region != voter] for voter in voters},
    }


def _cdn_alarms(manifest: Manifest) -> ModuleCall:
    """In the edge stack, where the distribution's id is known; in the region of CloudFront's metrics.

    Amazon CloudFront Developer Guide, "Types of metrics for CloudFront": us-east-1 alone.
    """
    limits = manifest.observability.alarms
    return ModuleCall(
        stack="edge",
        label="cdn_alarms",
        module="observability/cdn_alarms",
        region=CDN_REGION,
        arguments={
            "name": f"{manifest.name}-cdn",
            "distribution_id": Reference("module.cdn.id"),
            "additional_metrics": manifest.observability.cdn_metrics,
            "kms_key_arn": Reference("module.cdn_key.arn"),
            "thresholds": {
                "error_5xx_percent": limits.cdn_5xx_percent,
                "error_percent": limits.cdn_error_percent,
                "origin_latency_ms": limits.cdn_origin_latency_ms,
            },
            "notify": list(manifest.observability.notify),
        },
    )
