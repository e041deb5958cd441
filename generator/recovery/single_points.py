"""What there is only one of in an environment, and whether the way from a lost region to service needs it.

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
class _Held:
    """One module call and the stack that holds it."""

    stack: Stack
    call: ModuleCall

    @property
    def where(self) -> str:
        return f"{self.stack.name}: module.{self.call.label}"


def single_points(manifest: Manifest, stacks: Sequence[Stack]) -> tuple[SinglePoint, ...]:
    """Every single point, those on the path first."""
    held = [_Held(stack, call) for stack in stacks for call in stack.calls]
    found = [
        *_regions(manifest),
        *_stores(held),
        *_writers(manifest, held),
        *_votes(manifest),
        *_edge(held),
        *_keys(held),
        *_control_planes(held),
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


def _stores(held: Sequence[_Held]) -> Iterator[SinglePoint]:
    """Stores that are in one region only, and buckets that nothing replicates."""
    for each in _of(held, "data/global_table"):
        if not each.call.arguments.get("replicas"):
            yield _unreplicated("table", each)
    buckets = {str(each.call.arguments["name"]): each for each in _of(held, "data/bucket")}
    replicated = {str(each.call.arguments["source_bucket"]) for each in _of(held, "data/bucket_replication")}
    for name, each in buckets.items():
        if name not in replicated:
            yield _unreplicated("bucket", each)
    clusters: dict[str, list[_Held]] = {}
    for each in _of(held, "data/database_cluster"):
        clusters.setdefault(str(each.call.arguments["global_cluster_identifier"]), []).append(each)
    for members in clusters.values():
        if len(members) == 1:
            yield _unreplicated("database", members[0])
        for each in members:
            if each.call.arguments.get("instances") == 1:
                yield _one_instance(each)


def _unreplicated(kind: str, each: _Held) -> SinglePoint:
    name = each.call.arguments.get("name") or each.call.arguments.get("identifier")
    return SinglePoint(
        f"{kind} {name} has no copy in another region",
        each.where,
        "on the path",
        f"what it holds is out of reach, or gone, with {each.call.region}",
        "AWS Well-Architected Framework, Reliability Pillar, REL13-BP02",
    )


def _one_instance(each: _Held) -> SinglePoint:
    return SinglePoint(
        f"one instance in cluster {each.call.arguments['identifier']}",
        each.where,
        "on the path",
        f"when it fails Aurora makes another one, which takes minutes, and {each.call.region} has no "
        "database meanwhile; set instances: 2 for that database",
        "Amazon Aurora User Guide, High availability for Amazon Aurora",
    )


def _writers(manifest: Manifest, held: Sequence[_Held]) -> Iterator[SinglePoint]:
    for each in _of(held, "data/global_cluster"):
        yield SinglePoint(
            f"one writer of {each.call.arguments['identifier']}",
            each.where,
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


def _edge(held: Sequence[_Held]) -> Iterator[SinglePoint]:
    for each in _of(held, "edge/distribution"):
        yield SinglePoint(
            "one CloudFront distribution",
            each.where,
            "every request",
            "its data plane is in every edge location and needs no region of yours; a mistake in its "
            "settings meets everybody at once, and settings change in us-east-1 alone",
            FAULT_ISOLATION,
        )
    for each in _of(held, "edge/zone"):
        yield SinglePoint(
            "one hosted zone, one domain",
            each.where,
            "every request",
            "answers come from Route 53's data plane, which is spread over the world (100 % in its SLA); the "
            "registrar's delegation has no second",
            FAULT_ISOLATION,
        )
    checked = [
        each for each in _of(held, "edge/dns_routing") if each.call.arguments.get("health_check") is not None
    ]
    if checked:
        yield _checkers(checked[0])


def _checkers(each: _Held) -> SinglePoint:
    """Who judges whether a region is lost: one set of places, for all regions alike."""
    check: Any = each.call.arguments["health_check"]
    places = check.get("regions")
    if places:
        why = f"{', '.join(places)}: what cuts those off takes a healthy region out, or keeps a lost one in"
    else:
        why = "all eight places of Route 53 probe, and 18 % of them suffice to keep a region in; no second "
        why += "judge is asked"
    return SinglePoint(
        f"one set of health checkers, in {len(places) if places else 'all'} places",
        each.where,
        "on the path",
        why,
        "Route 53 Developer Guide, How Route 53 determines whether a health check is healthy",
    )


def _keys(held: Sequence[_Held]) -> Iterator[SinglePoint]:
    """Keys that more than one region's data is encrypted with; one of each region's own is no single key."""
    for each in _of(held, "security/key"):
        users = {
            user.call.region
            for user in held
            if user.stack is each.stack and _uses(user.call, each.call.label)
        }
        others = sorted(users - {each.call.region})
        if others:
            yield SinglePoint(
                f"key alias/{each.call.arguments['alias']}",
                each.where,
                "on the path",
                f"{', '.join(others)} cannot read its data without the key of {each.call.region}",
                "AWS KMS Developer Guide, Multi-Region keys",
            )
    regions = sorted({each.call.region for each in _of(held, "security/key")})
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


def _control_planes(held: Sequence[_Held]) -> Iterator[SinglePoint]:
    modules = {each.call.module for each in held}
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


def _of(held: Sequence[_Held], module: str) -> list[_Held]:
    return [each for each in held if each.call.module == module]
