"""Values of a manifest that are each allowed and cannot stand together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from generator import durations, naming, region_contradictions
from generator.problems import Contradiction
from generator.regions import REGIONS, partition
from generator.tiers import backups
from generator.tiers.compute import RESERVED

if TYPE_CHECKING:
    from generator.manifest import Manifest

MAX_FAILOVER_REGIONS = 5
# Amazon S3 User Guide, "General purpose bucket naming rules"
MAX_BUCKET_NAME = 63


def contradictions(manifest: Manifest) -> Iterator[Contradiction]:
    """Every contradiction in a manifest whose values are each allowed."""
    yield from region_contradictions.of(manifest)
    yield from _edge_contradictions(manifest)
    yield from _function_contradictions(manifest)
    yield from _store_contradictions(manifest)
    yield from _backup_contradictions(manifest)
    yield from _failover_contradictions(manifest)


def _edge_contradictions(manifest: Manifest) -> Iterator[Contradiction]:
    edge = manifest.edge
    if manifest.topology == "active-standby" and manifest.routing != "failover":
        yield (
            ("edge", "routing"),
            "must be failover when a standby must not serve before a failover",
            edge.routing,
        )
    if manifest.topology == "active-active" and manifest.routing == "failover":
        yield ("edge", "routing"), "must be latency or weighted when every region is active", edge.routing
    if manifest.routing == "failover" and len(manifest.regions) > MAX_FAILOVER_REGIONS:
        yield (
            ("regions",),
            f"failover routing takes at most {MAX_FAILOVER_REGIONS} regions (a chain of record pairs); "
            "use topology: active-active for more",
            len(manifest.regions),
        )
    if not edge.auto_return and manifest.failover is None:
        yield (
            ("edge", "auto_return"),
            "must be true without a failover controller: Route 53 failover records return by themselves once "
            "the primary is healthy; add failover: {witness: <a third region>} to hold traffic back",
            False,
        )
    yield from _cdn_contradictions(manifest)
    if edge.zone == "existing" and edge.zone_id is None:
        yield ("edge", "zone_id"), "must name the hosted zone when zone is existing", None
    if edge.zone == "create" and edge.zone_id is not None:
        yield ("edge", "zone_id"), "must be left out when zone is create", edge.zone_id
    for region in edge.weights:
        if region not in manifest.regions:
            yield ("edge", "weights", region), f"must be one of {', '.join(manifest.regions)}", region
    if edge.weights and manifest.routing != "weighted":
        yield ("edge", "weights"), "need routing: weighted", dict(edge.weights)
    if (
        manifest.routing == "weighted"
        and edge.weights
        and not any(edge.weights.get(region, 100) for region in manifest.regions)
    ):
        yield ("edge", "weights"), "must leave one region above 0", dict(edge.weights)


def _cdn_contradictions(manifest: Manifest) -> Iterator[Contradiction]:
    edge = manifest.edge
    if edge.entry != "cdn":
        if "cdn" in edge.model_fields_set:
            yield ("edge", "cdn"), "needs entry: cdn", edge.entry
        for name, bucket in manifest.data.buckets.items():
            if bucket.serve:
                yield ("data", "buckets", name, "serve"), "needs edge.entry: cdn", bucket.serve
        return
    if any(name in REGIONS and partition(name) != "aws" for name in manifest.regions):
        yield ("edge", "entry"), "must be dns: CloudFront serves the partition aws alone", "cdn"
    if manifest.compute.api is None:
        yield ("edge", "entry"), "must be dns without compute.api: the CDN has no origin", "cdn"
        return
    writes = sorted(key for key in manifest.compute.api.routes if not key.startswith(("GET ", "HEAD ")))
    if edge.cdn.api_origin == "regional" and writes:
        yield (
            ("edge", "cdn", "api_origin"),
            f"must be routed: CloudFront fails over GET, HEAD and OPTIONS only, so {', '.join(writes)} would "
            "have no way to another region",
            "regional",
        )
    if edge.cdn.api_origin == "regional" and manifest.routing != "failover":
        yield (
            ("edge", "cdn", "api_origin"),
            "must be routed when every region is active: regional names send everybody to the first region",
            "regional",
        )
    paths = {key.split(" ")[1] for key in manifest.compute.api.routes}
    for name, bucket in manifest.data.buckets.items():
        hidden = sorted(path for path in paths if bucket.serve and path.startswith(f"{bucket.serve}/"))
        if hidden:
            yield (
                ("data", "buckets", name, "serve"),
                f"hides the route {', '.join(hidden)} of the API; choose another path",
                bucket.serve,
            )


def _store_contradictions(manifest: Manifest) -> Iterator[Contradiction]:
    stores = [*manifest.data.tables, *manifest.data.buckets, *manifest.data.databases]
    for name in sorted({name for name in stores if stores.count(name) > 1}):
        yield ("data",), f"has two stores called {name}; each name stands for one", name
    for name in manifest.objectives.stores:
        if name not in stores:
            known = ", ".join(stores) or "none is declared"
            yield ("objectives", "stores", name), f"is not a store of data ({known})", name
    for name in manifest.data.buckets:
        for region in manifest.regions:
            full = f"{manifest.name}-{name}-{manifest.account_id}-{region}"
            if region in REGIONS and len(bucket_name(manifest, name, region)) > MAX_BUCKET_NAME:
                yield (
                    ("data", "buckets", name),
                    f"makes a bucket name above {MAX_BUCKET_NAME} characters with the environment's name",
                    full,
                )
                break
    if not manifest.data.databases:
        return
    for region, settings in manifest.regions.items():
        if settings.cidr is None:
            yield ("regions", region, "cidr"), "is missing; databases need a network in every region", None
    if manifest.failover is None:
        yield (
            ("failover",),
            "is missing; AWS never promotes Aurora across regions by itself, so databases need the failover "
            "controller: failover: {witness: <a third region>}",
            None,
        )
    for name, database in manifest.data.databases.items():
        if database.rpo_guard is not None and not 20 <= database.rpo_guard <= 2_147_483_647:
            yield (
                ("data", "databases", name, "rpo_guard"),
                "must be 20s or more (rds.global_db_rpo)",
                database.rpo_guard,
            )


def bucket_name(manifest: Manifest, name: str, region: str) -> str:
    return naming.bucket(manifest.name, name, manifest.account_id, region)


def _backup_contradictions(manifest: Manifest) -> Iterator[Contradiction]:
    settings = manifest.data.backups
    if settings is None:
        return
    key, copies = ("data", "backups"), settings.copies
    if not manifest.data.tables and not manifest.data.databases:
        yield (
            key,
            "has nothing to back up: data has no tables and no databases (a bucket keeps its own earlier "
            "versions)",
            None,
        )
    least = backups.INTERVALS[settings.schedule]
    for place, days in ((key, settings.keep_days), ((*key, "copies"), copies.keep_days)):
        if days < least:
            yield (
                (*place, "keep_days"),
                f"must be {least} or more with schedule: {settings.schedule}, or there are days without any",
                days,
            )
    if settings.lock and not manifest.operations.protect:
        yield (
            (*key, "lock"),
            "must be false with operations.protect: false: what may be destroyed cannot keep its backups",
            True,
        )
    yield from _copy_region_contradictions(manifest, copies.regions or [])
    if copies.cold_after_days is None:
        return
    if not manifest.data.tables:
        yield (
            (*key, "copies", "cold_after_days"),
            "needs data.tables: copies of databases never move to cold storage",
            copies.cold_after_days,
        )
    if copies.keep_days - copies.cold_after_days < backups.LEAST_COLD_DAYS:
        yield (
            (*key, "copies", "cold_after_days"),
            f"must be {backups.LEAST_COLD_DAYS} or more below keep_days ({copies.keep_days}): cold storage "
            f"keeps a copy for {backups.LEAST_COLD_DAYS} days",
            copies.cold_after_days,
        )


def _copy_region_contradictions(manifest: Manifest, regions: list[str]) -> Iterator[Contradiction]:
    key = ("data", "backups", "copies", "regions")
    for region in dict.fromkeys(regions):
        others = [other for other in manifest.serving if other != manifest.lead_region]
        if region == manifest.lead_region:
            yield key, "must not name the lead region, which has the backups themselves", region
        elif region not in manifest.regions:
            yield key, f"must be of {', '.join(others)}", region
        elif manifest.regions[region].draining:
            yield key, "must not name a region that is draining: its vault goes with it", region
        if regions.count(region) > 1:
            yield key, "must name each region once", region


def _failover_contradictions(manifest: Manifest) -> Iterator[Contradiction]:
    settings = manifest.failover
    if settings is None:
        return
    if manifest.compute.api is None:
        yield ("failover",), "needs compute.api: regions are watched through their health checks", None
    witness = settings.witness
    if witness is not None and witness not in REGIONS:
        yield ("failover", "witness"), "is not an AWS region", witness
    elif witness in manifest.regions:
        yield ("failover", "witness"), "must be a region that serves nothing here", witness
    elif (len(manifest.regions) + (witness is not None)) % 2 == 0:
        yield (
            ("failover", "witness"),
            f"must {'be left out' if witness else 'name a further region'}: {len(manifest.regions)} regions "
            f"{'and a witness ' if witness else ''}can split into halves without a majority",
            witness,
        )
    for key, value, low, high in (
        ("tick", settings.tick, 1, 30),
        ("lease", settings.lease, 3 * settings.tick, 300),
        ("guard", settings.guard, 5, 60),
        ("agreement", settings.agreement, 2 * settings.tick, 300),
    ):
        if not low <= value <= high:
            yield (
                ("failover", key),
                f"must be from {durations.text(low)} to {durations.text(high)}"
                + ("" if key in {"tick", "guard"} else f", as tick is {durations.text(settings.tick)}"),
                durations.text(value),
            )
    if settings.tick and 60 % settings.tick:
        yield ("failover", "tick"), "must divide a minute", durations.text(settings.tick)


def _function_contradictions(manifest: Manifest) -> Iterator[Contradiction]:
    declared = manifest.compute.functions
    for name, function in declared.items():
        for store in function.access:
            if store not in manifest.data.stores():
                known = ", ".join(manifest.data.stores()) or "none is declared"
                yield (
                    ("compute", "functions", name, "access", store),
                    f"is not a table, bucket or database of data ({known})",
                    store,
                )
        if (
            function.reserved_concurrency is not None
            and function.provisioned_concurrency > function.reserved_concurrency
        ):
            yield (
                ("compute", "functions", name, "provisioned_concurrency"),
                f"must not be above reserved_concurrency ({function.reserved_concurrency})",
                function.provisioned_concurrency,
            )
    api = manifest.compute.api
    if api is None:
        return
    for key in api.routes:
        target = api.route(key).function
        if target not in declared:
            known = ", ".join(declared) or "none is declared"
            yield (
                ("compute", "api", "routes", key),
                f"must name a function of compute.functions ({known})",
                target,
            )
    yield from _path_contradictions(tuple(api.routes))
    for name in RESERVED:
        if name in declared and name != "health":
            yield ("compute", "functions", name), "is the name of a function of ours: rename it", name
    if "health" in declared and "health" not in {api.route(key).function for key in api.routes}:
        yield (
            ("compute", "functions", "health"),
            "is the health check's own name: give it a route or rename it",
            "health",
        )


def _path_contradictions(routes: tuple[str, ...]) -> Iterator[Contradiction]:
    """API Gateway takes one variable at each place of the tree of paths: CreateResource refuses `{name}` with
    "A sibling ({id}) of this resource already has a variable path part -- only one is allowed"."""
    variables: dict[tuple[str, ...], tuple[str, str]] = {}
    for route in routes:
        parts = route.partition(" ")[2].split("/")
        for depth, part in enumerate(parts):
            if not part.startswith("{"):
                continue
            first, other = variables.setdefault(tuple(parts[:depth]), (part, route))
            if part != first:
                yield (
                    ("compute", "api", "routes", route),
                    f"must call the variable {first}, as {other} does: API Gateway takes one at each place",
                    part,
                )
