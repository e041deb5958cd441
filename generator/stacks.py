"""The stacks of an environment: one Terraform root with one state each, in waves (docs/architecture.md)."""

from __future__ import annotations

from dataclasses import dataclass

from generator import naming
from generator.manifest import Manifest, implied
from generator.terraform.calls import Declaration, ModuleCall, StackInput, StackOutput
from generator.tiers import (
    backups,
    cdn,
    compute,
    data,
    edge,
    failover,
    functions,
    governance,
    network,
    observability,
    operations,
    security,
)

TIERS = (operations, security, network, edge, cdn, functions, compute, data, backups, failover, observability)


@dataclass(frozen=True)
class Stack:
    """One root. `regions` are those whose control planes it calls; its state lives in `state_region`."""

    name: str
    wave: int
    purpose: str
    state_region: str
    state_bucket: str
    regions: tuple[str, ...]
    calls: tuple[ModuleCall, ...]
    inputs: tuple[StackInput, ...]
    outputs: tuple[StackOutput, ...]


def declarations(manifest: Manifest) -> tuple[Declaration, ...]:
    """The declarations of every tier, in the tiers' order."""
    declared = tuple(found for tier in TIERS for found in tier.declarations(manifest))
    used = frozenset(found.module for found in declared if isinstance(found, ModuleCall))
    return (*declared, *governance.declarations(manifest, used))


def stacks(manifest: Manifest) -> tuple[Stack, ...]:
    """The environment's stacks in the order of their waves, without empty ones."""
    declared = declarations(manifest)
    planned = [_stack(manifest, declared, *row) for row in _rows(manifest)]
    return tuple(stack for stack in planned if stack.calls)


def _rows(manifest: Manifest) -> list[tuple[str, int, str, str]]:
    lead, recovery = manifest.lead_region, manifest.recovery_region
    return [
        ("state", 0, _state_purpose(manifest), recovery),
        ("global", 1, "Roles, hosted zone, certificates, custom domains and regional names.", recovery),
        ("data", 2, "Global tables and the keys of their replicas.", lead),
        *(
            (
                region,
                3 if region == lead else 4,
                f"Everything regional of {region}.",
                region,
            )
            for region in manifest.regions
        ),
        *(
            (region, 3, f"The vote of {region}, which serves nothing.", region)
            for region in implied.voters(manifest)
            if region not in manifest.regions
        ),
        ("interconnect", 5, "What ties regions to each other: replication of objects.", recovery),
        ("edge", 6, _edge_purpose(manifest), recovery),
    ]


def _state_purpose(manifest: Manifest) -> str:
    return f"State buckets, one per region{', and the delivery roles' if manifest.delivery else ''}."


def _edge_purpose(manifest: Manifest) -> str:
    records = "Health checks and the records that fail over."
    return (
        f"The distribution, its firewall, and: {records[0].lower()}{records[1:]}"
        if manifest.edge.entry == "cdn"
        else records
    )


def _stack(
    manifest: Manifest, declared: tuple[Declaration, ...], name: str, wave: int, purpose: str, home: str
) -> Stack:
    mine = [found for found in declared if found.stack == name]
    calls = tuple(found for found in mine if isinstance(found, ModuleCall))
    used = {call.region for call in calls}
    return Stack(
        name=name,
        wave=wave,
        purpose=purpose,
        state_region=home,
        state_bucket=naming.state_bucket(manifest.name, manifest.account_id, home),
        # the manifest's own first; the CDN's region and the witness need not be among them
        regions=(*(r for r in manifest.regions if r in used), *sorted(used - set(manifest.regions))),
        calls=calls,
        inputs=tuple(found for found in mine if isinstance(found, StackInput)),
        outputs=tuple(found for found in mine if isinstance(found, StackOutput)),
    )
