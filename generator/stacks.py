"""The stacks of an environment: one Terraform root with one state each, in waves (docs/architecture.md)."""

from __future__ import annotations

from collections.abc import Iterator
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
    """One root. `regions` are those whose control planes it calls; its state lives in `state_region`.

    Stacks of one `wave` need nothing of each other. A change to an environment that is there already goes
    by `turn` inside a wave, so that it never reaches two regions at once.
    """

    name: str
    wave: int
    turn: int
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
    planned = [_stack(manifest, declared, row) for row in _rows(manifest)]
    return tuple(stack for stack in planned if stack.calls)


@dataclass(frozen=True)
class _Row:
    """What the table in docs/architecture.md says of a stack. `home`: the region of its state."""

    name: str
    wave: int
    purpose: str
    home: str
    turn: int = 0


def _rows(manifest: Manifest) -> list[_Row]:
    recovery = manifest.recovery_region
    return [
        _Row("state", 0, _state_purpose(manifest), recovery),
        _Row("global", 1, "Roles, hosted zone, certificates, custom domains and regional names.", recovery),
        _Row("data", 1, "Global tables and the keys of their replicas.", manifest.lead_region),
        *_regional_rows(manifest),
        _Row("interconnect", 4, "What ties regions to each other: replication of objects.", recovery),
        _Row("edge", 5, _edge_purpose(manifest), recovery),
    ]


def _regional_rows(manifest: Manifest) -> Iterator[_Row]:
    """The regions, side by side unless a database needs its primary first.

    A secondary cluster joins a primary one that is there
    (Amazon Aurora User Guide, "Using Amazon Aurora Global Database").
    """
    lead = manifest.lead_region
    others = 3 if manifest.data.databases else 2
    for region in manifest.regions:
        first = region == lead
        yield _Row(
            region, 2 if first else others, f"Everything regional of {region}.", region, 0 if first else 1
        )
    for region in implied.voters(manifest):
        if region not in manifest.regions:
            yield _Row(region, 2, f"The vote of {region}, which serves nothing.", region)


def _state_purpose(manifest: Manifest) -> str:
    return f"State buckets, one per region{', and the delivery roles' if manifest.delivery else ''}."


def _edge_purpose(manifest: Manifest) -> str:
    records = "Health checks and the records that fail over."
    return (
        f"The distribution, its firewall, and: {records[0].lower()}{records[1:]}"
        if manifest.edge.entry == "cdn"
        else records
    )


def _stack(manifest: Manifest, declared: tuple[Declaration, ...], row: _Row) -> Stack:
    mine = [found for found in declared if found.stack == row.name]
    calls = tuple(found for found in mine if isinstance(found, ModuleCall))
    used = {call.region for call in calls}
    return Stack(
        name=row.name,
        wave=row.wave,
        turn=row.turn,
        purpose=row.purpose,
        state_region=row.home,
        state_bucket=naming.state_bucket(manifest.name, manifest.account_id, row.home),
        # the manifest's own first; the CDN's region and the witness need not be among them
        regions=(*(r for r in manifest.regions if r in used), *sorted(used - set(manifest.regions))),
        calls=calls,
        inputs=tuple(found for found in mine if isinstance(found, StackInput)),
        outputs=tuple(found for found in mine if isinstance(found, StackOutput)),
    )
