"""What a manifest implies and does not write out: functions, routes, voters, backups."""

from __future__ import annotations

import re

from generator import naming
from generator.manifest.compute import HEALTH, MIGRATIONS, ROTATION, Access, Function, Route
from generator.manifest.environment import Manifest
from generator.manifest.failover import FAILOVER


def functions(manifest: Manifest) -> dict[str, Function]:
    """The manifest's functions, and the health function unless a route answers the health check already."""
    declared = dict(manifest.compute.functions)
    if manifest.compute.api and f"GET {manifest.edge.health_check.path}" not in manifest.compute.api.routes:
        # two seconds is all that a Route 53 checker waits for the status line
        declared[HEALTH] = Function(
            source=HEALTH, access=dict.fromkeys(manifest.data.stores(), "probe"), timeout_seconds=3
        )
    return declared


def maintenance(manifest: Manifest) -> dict[str, Function]:
    """The functions that rotate passwords and migrate schemas of databases; no route leads to them."""
    if not manifest.data.databases:
        return {}
    access: dict[str, Access] = dict.fromkeys(manifest.data.databases, "read-write")
    return {
        ROTATION: Function(source=ROTATION, access=access, timeout_seconds=29),
        MIGRATIONS: Function(source=MIGRATIONS, access=access, timeout_seconds=29),
    }


def path_pattern(path: str) -> str:
    """The CDN's path pattern for a route: each path variable becomes `*`.

    >>> path_pattern("/orders/{id}")
    '/orders/*'
    """
    return re.sub(r"\{[^}]+\}", "*", path)


def routes(manifest: Manifest) -> dict[str, Route]:
    """The API's routes, the implied one of the health check included."""
    api = manifest.compute.api
    if api is None:
        return {}
    declared = {key: api.route(key) for key in api.routes}
    if HEALTH in functions(manifest) and HEALTH not in manifest.compute.functions:
        declared[f"GET {manifest.edge.health_check.path}"] = Route(function=HEALTH)
    return declared


def used_functions(manifest: Manifest) -> tuple[str, ...]:
    """The folders of lambda_src/ that the environment needs packages of."""
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
    """The regions that get copies, draining ones included."""
    backups = manifest.data.backups
    if backups is None:
        return []
    others = manifest.lead_first[1:]
    return [region for region in others if region in (backups.copies.regions or others)]


def backed_up(manifest: Manifest) -> dict[str, str]:
    """Name of every store with backups, and its ARN in the lead region."""
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
