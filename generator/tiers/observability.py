"""The observability tier: logs, traces, alarms per region, dashboards of all regions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StringConstraints

from generator import naming
from generator.calls import Declaration, ModuleCall
from generator.fields import Part
from generator.hcl import Reference, Value
from generator.tiers import compute

if TYPE_CHECKING:
    from generator.manifest import Manifest

Email = Annotated[str, StringConstraints(pattern=r"^[^@\s\"]+@[^@\s\"]+\.[^@\s\"]+$", max_length=254)]
# the retentions that CloudWatch Logs accepts (API reference, PutRetentionPolicy)
RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
]


class Alarms(Part):
    """Above which values people are told."""

    api_5xx_percent: Annotated[float, Field(gt=0, le=100)] = Field(
        1, description="Share of requests that the API answers with a server error."
    )
    api_latency_p99_ms: Annotated[int, Field(gt=0)] = Field(
        1000, description="Milliseconds that the slowest percent takes."
    )
    replication_latency_ms: Annotated[int, Field(gt=0)] = Field(
        5000, description="Milliseconds that a write takes to reach another region."
    )


class Observability(Part):
    """Logs, traces, alarms and dashboards."""

    log_retention_days: RetentionDays = Field(30, description="Days that logs are kept.")
    tracing: bool = Field(True, description="Trace requests with X-Ray.")
    notify: list[Email] = Field(default_factory=list, description="E-mail addresses that alarms go to.")
    alarms: Alarms = Field(
        default_factory=lambda: Alarms(), description="Above which values people are told."
    )


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
            arguments={"name": naming.api(manifest.name, region), "regions": columns},
        )


def _functions(manifest: Manifest, region: str) -> list[Value]:
    return [naming.function(manifest.name, name, region) for name in compute.functions(manifest)]


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
            "functions": _functions(manifest, region),
            "tables": {naming.table(manifest.name, table): list(others) for table in manifest.data.tables},
            "kms_key_arn": Reference("module.key.arn"),
            "thresholds": {
                "api_5xx_percent": limits.api_5xx_percent,
                "api_latency_p99_ms": limits.api_latency_p99_ms,
                "replication_latency_ms": limits.replication_latency_ms,
            },
            "notify": list(manifest.observability.notify),
        },
    )


def _column(manifest: Manifest, region: str) -> Value:
    return {
        "region": region,
        "role": manifest.regions[region].role,
        "api_name": naming.api(manifest.name, region),
        "stage_name": naming.STAGE,
        "functions": _functions(manifest, region),
        "tables": [naming.table(manifest.name, table) for table in manifest.data.tables],
    }
