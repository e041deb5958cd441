"""Things that an environment has only one of, and whether recovery from a lost region needs them.

Computed from the manifest and from what the stacks hold, never asked of AWS. `on the path`: service does not
come back after the loss of a region while this one fails too. `every request`: all go through it, lost region
or not. `off the path`: neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from generator.manifest import Manifest, implied
from generator.stacks import Stack
from generator.terraform.calls import ModuleCall
from generator.terraform.hcl import Reference

Place = Literal["on the path", "every request", "off the path"]
FAULT_ISOLATION: Final = "AWS Fault Isolation Boundaries (whitepaper), global services"


@dataclass(frozen=True)
class SinglePoint:
    """One thing without a second. `where`: stack and module call, or the key of the manifest."""

    name: str
    where: str
    place: Place
    why: str
    source: str


@dataclass(frozen=True)
class _PlacedCall:
    """A module call and its stack."""

    stack: Stack
    call: ModuleCall

    @property
    def where(self) -> str:
        return f"{self.stack.name}: module.{self.call.label}"


def single_points(manifest: Manifest, stacks: Sequence[Stack]) -> tuple[SinglePoint, ...]:
    """Every single point, those on the path first."""
    calls = [_PlacedCall(stack, call) for stack in stacks for call in stack.calls]
    found = [
        *_regions(manifest),
        *_stores(calls),
        *_writers(manifest, calls),
        *_votes(manifest),
        *_edge(calls),
        *_keys(calls),
        *_control_planes(calls),
        *_states(stacks),
        SinglePoint(
            f"AWS account {manifest.account_id}",
            "account_id",
            "every request",
            "regions, roles and limits are all of one account; what closes it closes every region",
            "AWS Well-Architected Framework, Reliability Pillar, fault isolation",
        ),
    ]
    order: tuple[Place, ...] = ("on the path", "every request", "off the path")
    return tuple(sorted(found, key=lambda point: order.index(point.place)))


def _regions(manifest: Manifest) -> Iterator[SinglePoint]:
    if len(manifest.traffic_regions) == 2:
        lead, other = manifest.lead_region, manifest.recovery_region
        yield SinglePoint(
            "the surviving region",
            "regions",
            "on the path",
            f"with {lead} lost {other} alone serves, and the other way round: a second loss, or a quota "
            "there below the whole load, is an outage",
            "AWS Well-Architected Framework, Reliability Pillar, static stability",
        )


def _stores(calls: Sequence[_PlacedCall]) -> Iterator[SinglePoint]:
    """Stores that are in one region only, and buckets that nothing replicates."""
    separate = {str(placed.call.arguments["table_arn"]) for placed in _calls_of(calls, "data/table_replica")}
    for placed in (*_calls_of(calls, "data/global_table"), *_calls_of(calls, "data/provisioned_table")):
        suffix = f":table/{placed.call.arguments['name']}"
        if not (placed.call.arguments.get("replicas") or any(arn.endswith(suffix) for arn in separate)):
            yield _unreplicated("table", placed)
    buckets = {str(placed.call.arguments["name"]): placed for placed in _calls_of(calls, "data/bucket")}
    replicated = {
        str(placed.call.arguments["source_bucket"]) for placed in _calls_of(calls, "data/bucket_replication")
    }
    for name, placed in buckets.items():
        if name not in replicated:
            yield _unreplicated("bucket", placed)
    clusters: dict[str, list[_PlacedCall]] = {}
    for placed in _calls_of(calls, "data/database_cluster"):
        clusters.setdefault(str(placed.call.arguments["global_cluster_identifier"]), []).append(placed)
    for members in clusters.values():
        if len(members) == 1:
            yield _unreplicated("database", members[0])
        for placed in members:
            if placed.call.arguments.get("instances") == 1:
                yield _one_instance(placed)


def _unreplicated(kind: str, placed: _PlacedCall) -> SinglePoint:
    name = placed.call.arguments.get("name") or placed.call.arguments.get("identifier")
    return SinglePoint(
        f"{kind} {name} has no copy in another region",
        placed.where,
        "on the path",
        f"what it holds is out of reach, or gone, with {placed.call.region}",
        "AWS Well-Architected Framework, Reliability Pillar, REL13-BP02",
    )


def _one_instance(placed: _PlacedCall) -> SinglePoint:
    return SinglePoint(
        f"one instance in cluster {placed.call.arguments['identifier']}",
        placed.where,
        "on the path",
        f"when it fails Aurora makes another one, which takes minutes, and {placed.call.region} has no "
        "database meanwhile; set instances: 2 for that database",
        "Amazon Aurora User Guide, High availability for Amazon Aurora",
    )


def _writers(manifest: Manifest, calls: Sequence[_PlacedCall]) -> Iterator[SinglePoint]:
    for placed in _calls_of(calls, "data/global_cluster"):
        yield SinglePoint(
            f"one writer of {placed.call.arguments['identifier']}",
            placed.where,
            "on the path",
            "writes wait until the controller has promoted another region; reads go on everywhere",
            "Amazon Aurora User Guide, Using Amazon Aurora Global Database",
        )
    if manifest.failover and manifest.failover.mode == "manual":
        yield SinglePoint(
            "a person",
            "failover.mode",
            "on the path",
            "nothing is promoted until somebody runs `make failover`: add the time to wake them to every "
            "figure of writes to databases",
            "lambda_src/failover/README.md",
        )


def _votes(manifest: Manifest) -> Iterator[SinglePoint]:
    """A majority survives the loss of one voter when there are three or more, an odd number."""
    voters = implied.voters(manifest)
    if not voters:
        return
    spare = (len(voters) - 1) // 2
    if len(voters) % 2 == 0 or spare < 1:
        yield SinglePoint(
            "a witness is missing",
            "failover.witness",
            "on the path",
            f"{len(voters)} voters can split into halves of which none has a majority",
            "lambda_src/failover/README.md",
        )
    elif spare == 1:
        yield SinglePoint(
            f"the majority of {len(voters)} voters",
            "failover.witness",
            "on the path",
            f"{', '.join(voters)}: one may be lost; with a second one gone nobody is promoted and writes to "
            "databases stop",
            "lambda_src/failover/README.md",
        )


def _edge(calls: Sequence[_PlacedCall]) -> Iterator[SinglePoint]:
    for placed in _calls_of(calls, "edge/distribution"):
        yield SinglePoint(
            "one CloudFront distribution",
            placed.where,
            "every request",
            "its data plane is in every edge location and needs no region of yours; a mistake in its "
            "settings meets everybody at once, and settings change in us-east-1 alone",
            FAULT_ISOLATION,
        )
    for placed in _calls_of(calls, "edge/zone"):
        yield SinglePoint(
            "one hosted zone, one domain",
            placed.where,
            "every request",
            "answers come from Route 53's data plane, which is spread over the world (100 % in its SLA); the "
            "registrar's delegation has no second",
            FAULT_ISOLATION,
        )
    checked = [
        placed
        for placed in _calls_of(calls, "edge/dns_routing")
        if placed.call.arguments.get("health_check") is not None
    ]
    if checked:
        yield _checkers(checked[0])


def _checkers(placed: _PlacedCall) -> SinglePoint:
    """The health checkers, which judge all regions from one set of places."""
    check: Any = placed.call.arguments["health_check"]
    places = check.get("regions")
    if places:
        why = f"{', '.join(places)}: what cuts those off takes a healthy region out, or keeps a lost one in"
    else:
        why = "all eight places of Route 53 probe, and 18 % of them suffice to keep a region in; no second "
        why += "judge is asked"
    return SinglePoint(
        f"one set of health checkers, in {len(places) if places else 'all'} places",
        placed.where,
        "on the path",
        why,
        "Route 53 Developer Guide, How Route 53 determines whether a health check is healthy",
    )


def _keys(calls: Sequence[_PlacedCall]) -> Iterator[SinglePoint]:
    """Keys that encrypt the data of more than one region, then the regions' own keys as one entry."""
    for placed in _calls_of(calls, "security/key"):
        users = {
            user.call.region
            for user in calls
            if user.stack is placed.stack and _uses(user.call, placed.call.label)
        }
        others = sorted(users - {placed.call.region})
        if others:
            yield SinglePoint(
                f"key alias/{placed.call.arguments['alias']}",
                placed.where,
                "on the path",
                f"{', '.join(others)} cannot read its data without the key of {placed.call.region}",
                "AWS KMS Developer Guide, Multi-Region keys",
            )
    regions = sorted({placed.call.region for placed in _calls_of(calls, "security/key")})
    if regions:
        yield SinglePoint(
            "one key per region and purpose",
            f"{', '.join(regions)}: security/key",
            "off the path",
            "a key that is disabled or deleted takes the data of its own region alone; the other regions' "
            "replicas have keys of their own, and deletion waits for its window",
            "AWS KMS Developer Guide, Deleting AWS KMS keys",
        )


def _uses(call: ModuleCall, label: str) -> bool:
    """Whether an argument of the call is that module's key."""
    wanted = f"module.{label}.arn"
    return any(isinstance(value, Reference) and value.path == wanted for value in call.arguments.values())


def _control_planes(calls: Sequence[_PlacedCall]) -> Iterator[SinglePoint]:
    modules = {placed.call.module for placed in calls}
    if any(module.startswith("edge/") for module in modules):
        yield SinglePoint(
            "Route 53's control plane (us-east-1)",
            "stacks global and edge",
            "off the path",
            "records and health checks are there before the fault; failing over changes none of them",
            FAULT_ISOLATION,
        )
    if any("role" in module for module in modules):
        yield SinglePoint(
            "IAM's control plane (us-east-1)",
            "stack global",
            "off the path",
            "roles are there before the fault, and each region's STS gives out their credentials",
            FAULT_ISOLATION,
        )
    if "edge/distribution" in modules:
        yield SinglePoint(
            "CloudFront's and its certificate's control plane (us-east-1)",
            "stack edge",
            "off the path",
            "the distribution's origins fail over inside a request, by settings that it has already",
            FAULT_ISOLATION,
        )
    if "operations/failover" in modules:
        yield SinglePoint(
            "RDS's control plane",
            "stack of the region that takes over",
            "on the path",
            "a promotion is one call to RDS, made in the region that takes over, which is up by definition",
            "Amazon Aurora User Guide, Using switchover or failover in Amazon Aurora Global Database",
        )


def _states(stacks: Sequence[Stack]) -> Iterator[SinglePoint]:
    for bucket in dict.fromkeys(stack.state_bucket for stack in stacks):
        kept = [stack for stack in stacks if stack.state_bucket == bucket]
        yield SinglePoint(
            f"state bucket {bucket}",
            ", ".join(stack.name for stack in kept),
            "off the path",
            f"while {kept[0].state_region} is lost these stacks cannot be planned; failing over applies "
            "nothing, and every other region's stack has its state at home",
            "docs/architecture.md, I1",
        )


def _calls_of(calls: Sequence[_PlacedCall], module: str) -> list[_PlacedCall]:
    return [placed for placed in calls if placed.call.module == module]
