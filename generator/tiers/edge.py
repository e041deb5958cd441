"""The edge tier: how clients reach a region, and how they reach another one when it is gone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from generator import hosts, naming
from generator.fields import Form, Part
from generator.naming import resource_label
from generator.terraform.calls import Declaration, ModuleCall, StackInput, StackOutput
from generator.terraform.hcl import Reference, Value
from generator.tiers.cdn import Cdn

if TYPE_CHECKING:
    from generator.manifest import Manifest

Routing = Literal["failover", "latency", "weighted"]
ZONE = "zone"


class HealthCheck(Part):
    """The Route 53 health check of each region's API."""

    path: Annotated[
        str,
        Form(
            r"^/[A-Za-z0-9/_.~-]*$",
            "a path that begins with /, such as /health, at most 255 characters",
            max_length=255,
        ),
    ] = Field(
        "/health", description="Path that is probed; answered by a function that tests the region's data."
    )
    interval: Literal[10, 30] = Field(
        10, description="Seconds between probes of one checker; cannot change later."
    )
    threshold: Annotated[int, Field(ge=1, le=10)] = Field(
        2, description="Probes in a row that must fail, or pass, before a checker changes its mind."
    )
    measure_latency: bool = Field(False, description="Publish latency graphs of the probes.")


class Edge(Part):
    """Names, routing and health checks."""

    entry: Literal["dns", "cdn"] = Field("dns", description="What clients resolve or connect to.")
    cdn: Cdn = Field(default_factory=lambda: Cdn(), description="The distribution, when entry is cdn.")
    record: Annotated[
        str,
        Form(r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", "one label of a host name in lower case, such as api"),
    ] = Field("api", description="The entry's name below the domain: api makes api.example.com.")
    routing: Routing | None = Field(
        None,
        description="Record policy; failover for active-standby and latency for active-active if left out.",
    )
    ttl: Annotated[int, Field(ge=0, le=86400)] = Field(
        10, description="Seconds that resolvers may keep the entry's answer; part of every recovery."
    )
    weights: dict[str, Annotated[int, Field(ge=0, le=255)]] = Field(
        default_factory=dict, description="Share of each region under weighted routing, 0 to 255."
    )
    auto_return: bool = Field(
        True, description="Traffic goes back by itself when the primary is healthy again."
    )
    zone: Literal["create", "existing"] = Field(
        "create", description="Whether the hosted zone of the domain is made here or exists already."
    )
    zone_id: (
        Annotated[str, Form(r"^Z[A-Z0-9]{1,31}$", "the identifier of a hosted zone, such as Z1D633PJN98FT9")]
        | None
    ) = Field(None, description="Identifier of the existing hosted zone.")
    health_check: HealthCheck = Field(
        default_factory=lambda: HealthCheck(), description="How a region is found to be lost."
    )


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
            manifest, "routing", served, {r: _target(manifest, r, "active") for r in manifest.serving}
        )
        return
    # Route 53 knows one primary and one secondary: further standbys hang below the secondary, pair by pair.
    order = [manifest.lead_region, *(r for r in manifest.serving if r != manifest.lead_region)]
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
            "zone_id": hosts.zone_id(manifest),
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
