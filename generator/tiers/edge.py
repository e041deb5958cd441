"""The edge tier: how clients reach a region, and how they reach another one when it is gone."""

from __future__ import annotations

from collections.abc import Iterator

from generator import hosts, naming
from generator.manifest import Manifest
from generator.naming import resource_label
from generator.terraform.calls import Declaration, ModuleCall, StackInput, StackOutput
from generator.terraform.hcl import Reference, Value

ZONE = "zone"


def declarations(manifest: Manifest) -> Iterator[Declaration]:
    if not manifest.compute.api:
        return
    yield from _zone(manifest)
    for region in manifest.regions:
        yield _api_domain(manifest, region)
    yield from _routing(manifest)


def _zone(manifest: Manifest) -> Iterator[Declaration]:
    edge = manifest.edge
    yield ModuleCall(
        stack="global",
        label=ZONE,
        module="edge/zone",
        region=manifest.recovery_region,
        arguments={
            "name": manifest.domain,
            "create": edge.zone == "create",
            "zone_id": edge.zone_id,
            "comment": f"{manifest.name}, made by Antipode",
            "force_destroy": not manifest.operations.protect,
        },
    )
    yield StackOutput("global", "zone_id", Reference("module.zone.zone_id"), "Hosted zone of the domain.")
    yield StackOutput(
        "global",
        "name_servers",
        Reference("module.zone.name_servers"),
        "Where the registrar must delegate to.",
    )
    if edge.zone_id is None:
        yield StackInput(
            "edge", "zone_id", "global", "zone_id", "Hosted zone of the domain, known once global is applied."
        )


def _api_domain(manifest: Manifest, region: str) -> ModuleCall:
    domain = manifest.domain
    own = naming.regional_host(manifest.edge.record, domain, region)
    # an alias to an API must bear the name of its custom domain (Route 53 API Reference, AliasTarget)
    names: dict[str, Value] = {
        "entry": {
            "host": hosts.served(manifest),
            "record": naming.front_host(domain, region),
            "record_type": "cname",
        },
        "regional": {"host": own, "record": own},
    }
    leads = region == manifest.lead_region
    owners: dict[str, Value] = {"entry": leads, "regional": True}
    if manifest.edge.entry == "cdn":
        names["standby"] = {
            "host": naming.standby_host(hosts.entry(manifest)),
            "record": naming.alternate_front_host(domain, region),
            "record_type": "cname",
        }
        owners["standby"] = leads
    return ModuleCall(
        stack="global",
        label=resource_label("api_domain", naming.provider_alias(region)),
        module="edge/api_domain",
        region=region,
        arguments={
            "zone_id": Reference("module.zone.zone_id"),
            "names": names,
            "validation_record_owner": owners,
        },
    )


def _routing(manifest: Manifest) -> Iterator[ModuleCall]:
    served = hosts.served(manifest)
    if manifest.routing != "failover":
        yield _records(
            manifest, "routing", served, {r: _target(manifest, r, "active") for r in manifest.traffic_regions}
        )
        return
    # Route 53 knows one primary and one secondary: further standbys hang below the secondary, pair by pair.
    order = manifest.succession
    for depth, region in enumerate(order[:-1]):
        name = served if depth == 0 else _fallback_host(served, depth)
        following = order[depth + 1]
        secondary = (
            _target(manifest, following, "secondary")
            if depth + 2 == len(order)
            else {"host": _fallback_host(served, depth + 1), "role": "secondary"}
        )
        label = "routing" if depth == 0 else f"routing_{depth}"
        yield _records(
            manifest, label, name, {region: _target(manifest, region, "primary"), following: secondary}
        )


def _fallback_host(entry: str, depth: int) -> str:
    return f"fallback-{depth}.{entry}"


def _target(manifest: Manifest, region: str, role: str) -> dict[str, Value]:
    edge, domain = manifest.edge, manifest.domain
    target: dict[str, Value] = {
        "host": naming.front_host(domain, region),
        "role": role,
        "health_check": {
            "host": naming.regional_host(edge.record, domain, region),
            "search": naming.health_marker(manifest.name, region),
        },
    }
    return target if manifest.routing != "weighted" else target | {"weight": edge.weights.get(region, 100)}


def _records(manifest: Manifest, label: str, name: str, targets: dict[str, Value]) -> ModuleCall:
    edge = manifest.edge
    check = edge.health_check
    return ModuleCall(
        stack="edge",
        label=label,
        module="edge/dns_routing",
        region=manifest.recovery_region,
        arguments={
            "zone_id": zone_id(manifest),
            "name": name,
            "routing": manifest.routing,
            "ttl": edge.ttl,
            "targets": targets,
            "health_check": {
                "path": check.path,
                "interval": check.interval,
                "threshold": check.threshold,
                "measure_latency": check.measure_latency,
            },
        },
    )


def zone_id(manifest: Manifest) -> Value:
    """Of the hosted zone, in the edge stack: named by the manifest, or made in `global`."""
    return manifest.edge.zone_id or Reference("var.zone_id")
