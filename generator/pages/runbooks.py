"""The runbooks that are generated beside each manifest: each procedure with the environment's real names."""

from __future__ import annotations

import ipaddress
from typing import Final

from generator import hosts, naming
from generator.manifest import Manifest, implied
from generator.manifest.implied import store_name
from generator.pages.markdown import TEMPLATES
from generator.recovery.predictions import Prediction, Way, prediction
from generator.recovery.requests import operations
from generator.regions import partition
from generator.stacks import Stack, stacks

# Where an example of one more region is taken from, the first that the environment does not have.
SPARE: Final = (
    "us-east-2",
    "eu-west-1",
    "eu-central-1",
    "ap-northeast-1",
    "ca-central-1",
    "sa-east-1",
    "us-west-2",
)
SPARE_ELSEWHERE: Final = {
    "aws-cn": ("cn-north-1", "cn-northwest-1"),
    "aws-us-gov": ("us-gov-east-1", "us-gov-west-1"),
}


def runbooks(manifest: Manifest, *, environment: str) -> str:
    """Markdown: failover, switchover, failback, a region more, one less, lost state, stale lock, lost key;
    with backups, lost data too."""
    planned = stacks(manifest)
    added = spare_region(manifest)
    return TEMPLATES.get_template("runbook.md.j2").render(
        manifest=manifest,
        environment=environment,
        root=f"envs/{environment}",
        lead=manifest.lead_region,
        target=manifest.recovery_region,
        entry=hosts.entry(manifest),
        served=hosts.served(manifest),
        hosts={region: hosts.regional(manifest, region) for region in manifest.regions},
        fronts={region: naming.front_host(manifest.domain, region) for region in manifest.regions},
        health_functions={region: health_function(manifest, region) for region in manifest.regions},
        lost=_lost(manifest),
        longest=max((found["silent"].worst for _, found in _lost(manifest)), default=0),
        stores=_stores(manifest),
        stacks=planned,
        states=_states(planned),
        keys=_keys(manifest),
        vaults=_vaults(manifest),
        tables={
            naming.table(manifest.name, name): table.point_in_time_recovery
            for name, table in manifest.data.tables.items()
        },
        clusters={
            name: {
                region: naming.database_cluster(manifest.name, name, region) for region in manifest.regions
            }
            for name in manifest.data.databases
        },
        voters=implied.voters(manifest),
        added=added,
        added_host=naming.regional_host(manifest.edge.record, manifest.domain, added) if added else "",
        added_line=_added_line(manifest, added),
        new_stacks=_stacks_before_edge(planned, added),
        draining_stacks=_draining_stacks(manifest, planned),
        states_home=planned[0].state_bucket,
        removed=_removable(manifest) or added,
        removed_in_place=_removable(manifest) is not None,
        witness_must_change=manifest.failover is not None,
    )


def health_function(manifest: Manifest, region: str) -> str:
    """The function that answers the region's health check, empty without an API."""
    route = implied.routes(manifest).get(f"GET {manifest.edge.health_check.path}")
    return naming.function(manifest.name, route.function, region) if route else ""


def spare_region(manifest: Manifest) -> str | None:
    """A region of the same partition outside of the environment; None when the partition has no other."""
    group = partition(manifest.lead_region)
    used = {*manifest.regions, *implied.voters(manifest)}
    candidates = SPARE if group == "aws" else SPARE_ELSEWHERE.get(group, ())
    return next((region for region in candidates if region not in used), None)


def _removable(manifest: Manifest) -> str | None:
    """The last region that is neither the lead nor the one that holds the states of the whole."""
    found = [r for r in manifest.regions if r not in (manifest.lead_region, manifest.recovery_region)]
    return found[-1] if found else None


def _lost(manifest: Manifest) -> list[tuple[str, dict[Way, Prediction]]]:
    """Name of each operation, and its predictions when a region refuses and when it is silent."""
    ways: tuple[Way, ...] = ("refused", "silent")
    if not manifest.compute.api:
        return []
    return [
        (each.name, {way: prediction(manifest, each, way) for way in ways}) for each in operations(manifest)
    ]


def _stores(manifest: Manifest) -> list[tuple[str, dict[str, str]]]:
    """Kind and name of every store, and its name in each region."""
    found = []
    for store, kind in manifest.data.stores().items():
        names = {region: store_name(manifest, store, region) for region in manifest.regions}
        found.append((f"{kind} {store}", names))
    return found


def _states(planned: tuple[Stack, ...]) -> dict[str, tuple[str, list[str]]]:
    """State bucket -> its region and the stacks whose states lie in it."""
    found: dict[str, tuple[str, list[str]]] = {}
    for stack in planned:
        found.setdefault(stack.state_bucket, (stack.state_region, []))[1].append(stack.name)
    return found


def _vaults(manifest: Manifest) -> list[tuple[str, str, int]]:
    """Region, vault, and days that backups are kept in it; the lead's vault first, then those of copies."""
    settings = manifest.data.backups
    if settings is None:
        return []
    kept = {manifest.lead_region: settings.keep_days}
    kept |= dict.fromkeys(implied.copy_regions(manifest), settings.copies.keep_days)
    return [(region, naming.backup_vault(manifest.name, region), days) for region, days in kept.items()]


def _keys(manifest: Manifest) -> list[tuple[str, str, str]]:
    """Region, alias of the key, and the data that is unreadable without it."""
    found = []
    for region in manifest.regions:
        regional = "functions, logs, queues, alarms"
        if manifest.data.buckets:
            regional += ", buckets"
        if manifest.data.databases:
            regional += ", the database cluster"
        if manifest.data.backups:
            regional += ", backups"
        found.append((region, f"alias/{naming.regional_key_alias(manifest.name, region)}", regional))
        if manifest.data.tables or manifest.data.databases:
            held = [
                kind
                for kind, any_ in (("tables", manifest.data.tables), ("secrets", manifest.data.databases))
                if any_
            ]
            alias = f"alias/{naming.data_key_alias(manifest.name, region)}"
            found.append((region, alias, f"this region's replicas of {' and '.join(held)}"))
        found.append(
            (
                region,
                f"alias/{naming.state_key_alias(manifest.name, region)}",
                "Terraform's states that lie here",
            )
        )
    for witness in (region for region in implied.voters(manifest) if region not in manifest.regions):
        found.append(
            (witness, f"alias/{naming.regional_key_alias(manifest.name, witness)}", "its vote, its logs")
        )
        found.append(
            (
                witness,
                f"alias/{naming.state_key_alias(manifest.name, witness)}",
                "Terraform's states that lie here",
            )
        )
    return found


def _added_line(manifest: Manifest, added: str | None) -> str:
    """The line of `regions` that adds one, with an address range that no other region has."""
    if added is None:
        return ""
    role = "standby" if manifest.topology == "active-standby" else "active"
    taken = [ipaddress.ip_network(region.cidr) for region in manifest.regions.values() if region.cidr]
    if not taken:
        return f"{added}: {{role: {role}}}"
    ranges = (ipaddress.ip_network(f"10.{n}.0.0/16") for n in range(256))
    free = next(each for each in ranges if not any(each.overlaps(other) for other in taken))
    return f"{added}: {{role: {role}, cidr: {free}}}"


def _stacks_before_edge(planned: tuple[Stack, ...], added: str | None) -> list[str]:
    """The stacks that a new region needs before traffic may go there, in the order of their waves."""
    names = [stack.name for stack in planned if stack.name in ("state", "global", "data")]
    ties = [stack.name for stack in planned if stack.name == "interconnect"]
    return [*names, *([added] if added else []), *ties]


def _draining_stacks(manifest: Manifest, planned: tuple[Stack, ...]) -> list[str]:
    """The stacks that draining changes: edge has the records, voters the controllers with their order of
    succession, and the lead the backup plan with the regions that get copies."""
    changed = {*implied.voters(manifest), "edge"}
    if manifest.data.backups:
        changed.add(manifest.lead_region)
    return [stack.name for stack in planned if stack.name in changed]
