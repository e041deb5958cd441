"""What a manifest implies and does not write out: functions, routes, voters, backups."""

from __future__ import annotations

import re

from generator import naming
from generator.manifest.compute import HEALTH, MIGRATIONS, ROTATION, Access, Function, Route
from generator.manifest.environment import Manifest
from generator.manifest.failover import FAILOVER


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


def used_functions(manifest: Manifest) -> tuple[str, ...]:
    """Folders under lambda_src/ whose packages the environment needs."""
    declared = {**functions(manifest), **maintenance(manifest)}
    controller = {FAILOVER} if manifest.failover else set()
    return tuple(sorted({function.source for function in declared.values() if function.source} | controller))


def voters(manifest: Manifest) -> tuple[str, ...]:
    """The regions whose tables decide, an odd number; empty without a controller."""
    return manifest.state_regions if manifest.failover else ()


def copy_regions(manifest: Manifest) -> tuple[str, ...]:
    """The regions whose vaults get copies, in the manifest's order; empty without backups."""
    return tuple(region for region in regions_with_copies(manifest) if region in manifest.traffic_regions)


def regions_with_copies(manifest: Manifest) -> list[str]:
    """Those that get copies, and those that would if they were not draining."""
    backups = manifest.data.backups
    if backups is None:
        return []
    others = manifest.lead_first[1:]
    return [region for region in others if region in (backups.copies.regions or others)]


def backed_up(manifest: Manifest) -> dict[str, str]:
    """ARN in the lead region of every store that backups are made of, by its name."""
    account, lead = manifest.account_id, manifest.lead_region
    tables = {
        name: naming.table_arn(account, naming.table(manifest.name, name), lead)
        for name in manifest.data.tables
    }
    clusters = {
        name: naming.cluster_arn(account, naming.database_cluster(manifest.name, name, lead), lead)
        for name in manifest.data.databases
    }
    return tables | clusters


def store_name(manifest: Manifest, store: str, region: str) -> str:
    """What AWS calls a store in one region."""
    match manifest.data.stores()[store]:
        case "bucket":
            return naming.bucket(manifest.name, store, manifest.account_id, region)
        case "database":
            return naming.database_cluster(manifest.name, store, region)
        case _:
            return naming.table(manifest.name, store)
