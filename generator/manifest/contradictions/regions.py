"""Contradictions between regions: their roles, their address ranges, and how one of them leaves."""

from __future__ import annotations

import difflib
import ipaddress
import itertools
from collections.abc import Iterator

from generator.manifest.environment import Manifest
from generator.manifest.problems import Contradiction
from generator.regions import REGIONS, partition

ROLES: dict[str, tuple[str, ...]] = {
    "active-standby": ("primary", "standby"),
    "active-active": ("active",),
}


def contradictions(manifest: Manifest) -> Iterator[Contradiction]:
    for name, region in manifest.regions.items():
        if name not in REGIONS:
            yield ("regions", name), f"is not an AWS region{_near(name)}", name
        allowed = ROLES[manifest.topology]
        if region.role not in allowed:
            yield (
                ("regions", name, "role"),
                f"must be {' or '.join(allowed)} in an {manifest.topology} environment",
                region.role,
            )
    known = [name for name in manifest.regions if name in REGIONS]
    if len({partition(name) for name in known}) > 1:
        yield ("regions",), "must all lie in one AWS partition", known
    yield from _draining(manifest)
    yield from _removed(manifest)
    primaries = [name for name, region in manifest.regions.items() if region.role == "primary"]
    if manifest.topology == "active-standby" and len(primaries) != 1:
        yield ("regions",), "exactly one region must have role: primary", primaries
    cidrs = [(name, ipaddress.ip_network(r.cidr)) for name, r in manifest.regions.items() if r.cidr]
    for (one, first), (other, second) in itertools.combinations(cidrs, 2):
        if first.overlaps(second):
            yield ("regions", other, "cidr"), f"overlaps {first} of {one}", str(second)


def _draining(manifest: Manifest) -> Iterator[Contradiction]:
    """Neither the lead nor the recovery region can be drained, and two regions must still take traffic."""
    drained = [name for name, region in manifest.regions.items() if region.draining]
    for name in drained:
        key = ("regions", name, "draining")
        if name == manifest.lead_region:
            yield key, "must not be set on the lead region: make another one the lead first", True
        elif name == manifest.recovery_region:
            yield key, "must not be set on the recovery region, whose bucket holds the state of edge", True
    if drained and len(manifest.traffic_regions) < 2:
        yield ("regions",), "must leave two regions that are not draining; add another one first", drained


def _removed(manifest: Manifest) -> Iterator[Contradiction]:
    """`removed` names regions that have left the environment and still hold resources to destroy."""
    here = {partition(name) for name in manifest.regions if name in REGIONS}
    for index, name in enumerate(manifest.removed):
        key = ("removed", index)
        if name not in REGIONS:
            yield key, f"is not an AWS region{_near(name)}", name
        elif {partition(name)} != here:
            yield key, "must lie in the AWS partition of the regions", name
        elif name in manifest.state_regions:
            yield (
                key,
                "is still part of the environment: take it out of regions, or of failover.witness",
                name,
            )
        elif name in manifest.removed[:index]:
            yield key, "must be named once", name


def _near(name: str) -> str:
    near = difflib.get_close_matches(name, REGIONS, n=1)
    return f"; did you mean {near[0]}?" if near else ""
