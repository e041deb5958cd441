"""Contradictions in names, routing and the CDN, and between them and the regions and routes."""

from __future__ import annotations

from collections.abc import Iterator

from generator.manifest.environment import Manifest
from generator.manifest.problems import Contradiction
from generator.regions import REGIONS, partition

MAX_FAILOVER_REGIONS = 5


def contradictions(manifest: Manifest) -> Iterator[Contradiction]:
    edge = manifest.edge
    if manifest.topology == "active-standby" and manifest.routing != "failover":
        yield (
            ("edge", "routing"),
            "must be failover in an active-standby environment: a standby serves only after a failover",
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
    yield from _cdn(manifest)
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


def _cdn(manifest: Manifest) -> Iterator[Contradiction]:
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
