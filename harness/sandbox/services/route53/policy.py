"""Which records answer a question: the routing policies, pure.

Sources: Route 53 Developer Guide, "How Amazon Route 53 chooses records when health checking is configured",
"How health checks work in complex Amazon Route 53 configurations", "Choosing a routing policy"; API
Reference, ResourceRecordSet and AliasTarget. Names: RFC 1034, RFC 4592 (wildcards), RFC 6604 (status along a
chain).
"""

from __future__ import annotations

import ipaddress
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from harness.sandbox.services.route53.records import AliasTarget, GeoLocation, RecordSet, Zone, canonical
from harness.sandbox.services.route53.targets import is_cloudfront
from harness.sandbox.world.places import Place, latency_ms

Code = Literal["NOERROR", "NXDOMAIN", "SERVFAIL"]

MULTIVALUE_LIMIT = 8
# For an alias to ELB the guide gives 60 s ("Choosing between alias and non-alias records"; the FAQ says the
# same of S3 websites). For API Gateway, CloudFront and the rest it says only that the resource's own TTL
# counts; we use 60 s there too.
ALIAS_TTL = 60
_LONGEST_CHAIN = 16


@dataclass(frozen=True, slots=True)
class Question:
    """A name (any spelling) and a record type in capitals."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Resource:
    """One line of an answer; `value` is in zone file form."""

    name: str
    type: str
    ttl: int
    value: str


@dataclass(frozen=True, slots=True)
class Step:
    """Why: a chosen record, whether it was healthy, and whether nothing was (fail open)."""

    record: RecordSet
    healthy: bool
    failed_open: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What the zone says. NOERROR without resources is "no data"; `referral` names a delegation's servers.

    `host` is the AWS host name behind the last alias followed, `varies` whether another place, another health
    or another draw could have been answered otherwise.
    """

    code: Code = "NOERROR"
    resources: tuple[Resource, ...] = ()
    referral: tuple[Resource, ...] = ()
    steps: tuple[Step, ...] = ()
    host: str | None = None
    varies: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        """The values of the last name in the chain: addresses, if addresses were asked for."""
        last = self.resources[-1] if self.resources else None
        if last is None:
            return ()
        return tuple(r.value for r in self.resources if (r.name, r.type) == (last.name, last.type))


@dataclass(frozen=True, slots=True)
class World:
    """What a decision depends on besides the zone.

    health: whether the check of that id is healthy. target_health: whether the AWS resource behind an alias
    is (consulted only with EvaluateTargetHealth). address_of: addresses of an AWS host name, None when
    unknown.
    """

    place: Place
    health: Callable[[str], bool]
    random: random.Random
    address_of: Callable[[str], Sequence[str] | None]
    target_health: Callable[[str], bool] = field(default=lambda host: True)


def select(
    zone: Zone,
    question: Question,
    place: Place,
    health: Callable[[str], bool],
    random: random.Random,
    address_of: Callable[[str], Sequence[str] | None],
    *,
    target_health: Callable[[str], bool] = lambda host: True,
) -> Answer:
    """The zone's answer to a question asked from a place. Never raises for whatever a zone may hold."""
    world = World(place, health, random, address_of, target_health)
    name, done = canonical(question.name), _Progress()
    for _ in range(_LONGEST_CHAIN):
        link = _answer_name(zone, name, question.type, world, done)
        if link is None:
            return done.answer()
        if not zone.holds(link) or link in done.seen:
            return done.answer()
        name = link
    return done.answer()


@dataclass(slots=True)
class _Progress:
    code: Code = "NOERROR"
    resources: list[Resource] = field(default_factory=list)
    referral: tuple[Resource, ...] = ()
    steps: list[Step] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    host: str | None = None
    varies: bool = False

    def answer(self) -> Answer:
        return Answer(
            self.code, tuple(self.resources), self.referral, tuple(self.steps), self.host, self.varies
        )


def _answer_name(zone: Zone, name: str, kind: str, world: World, done: _Progress) -> str | None:
    """Adds what `name` itself answers; gives the name to go on with when that is a CNAME."""
    done.seen.add(name)
    done.referral = _delegation(zone, name)
    if done.referral:
        return None
    found = _owner(zone, name)
    if found is None:
        done.code = "NXDOMAIN"
        return None
    group = group_of(zone, found, kind) or group_of(zone, found, "CNAME")
    if not group:
        return None
    if group[0].policy == "ip-based":
        # CIDR collections are not emulated; a wrong answer would be worse than none.
        done.code = "SERVFAIL"
        return None
    lines = _resolve_group(zone, group, world, done, path=frozenset({found}))
    done.resources += [Resource(name, group[0].type, line.ttl, line.value) for line in lines]
    if group[0].type == "CNAME" and kind != "CNAME" and lines:
        return canonical(lines[0].value)
    return None


# --- names ----------------------------------------------------------------------------------------


def group_of(zone: Zone, owner: str, kind: str) -> tuple[RecordSet, ...]:
    """The records of exactly that name and type: the group among which a policy chooses."""
    return tuple(record for record in zone.records if record.name == owner and record.type == kind)


def _owner(zone: Zone, name: str) -> str | None:
    """The name whose records answer for `name`: itself, a wildcard, or None when there is no such name.

    A name exists also when only names below it have records; a wildcard stands in only below the closest name
    that exists (RFC 4592), and takes the place of the leftmost labels (Developer Guide, "Using an asterisk
    (*) in the names of hosted zones and records").
    """
    names = {record.name for record in zone.records} | {zone.name}
    if _exists(names, name):
        return name
    parent = name
    while parent != zone.name and "." in parent.rstrip("."):
        parent = parent.partition(".")[2]
        if _exists(names, parent):
            return "*." + parent if "*." + parent in names else None
    return None


def _exists(names: set[str], name: str) -> bool:
    return name in names or any(known.endswith("." + name) for known in names)


def _delegation(zone: Zone, name: str) -> tuple[Resource, ...]:
    """The NS records of a delegated subdomain that holds `name` (RFC 1034, section 4.3.2)."""
    below = name
    while zone.holds(below) and below != zone.name:
        servers = group_of(zone, below, "NS")
        if servers:
            return tuple(Resource(r.name, "NS", r.ttl or 0, value) for r in servers for value in r.values)
        below = below.partition(".")[2]
    return ()


# --- health ---------------------------------------------------------------------------------------


def healthy(zone: Zone, record: RecordSet, world: World, *, path: frozenset[str] = frozenset()) -> bool:
    """Whether a record may be chosen.

    A record without a health check is always healthy. An alias with EvaluateTargetHealth inherits the health
    of its target; with a health check as well, both must be healthy. CloudFront cannot be evaluated (API
    Reference, AliasTarget), so an alias to it has the health of its check alone.
    """
    if record.health_check is not None and not world.health(record.health_check):
        return False
    alias = record.alias
    if alias is None or not alias.evaluate_target_health:
        return True
    if not _within(zone, alias):
        return is_cloudfront(alias.dns_name) or world.target_health(alias.dns_name)
    if alias.dns_name in path:
        return False
    below = path | {alias.dns_name}
    group = _target_group(zone, record, alias)
    return any(healthy(zone, member, world, path=below) for member in _applicable(group, world))


def _within(zone: Zone, alias: AliasTarget) -> bool:
    return alias.hosted_zone_id == zone.id or zone.holds(alias.dns_name)


def _target_group(zone: Zone, record: RecordSet, alias: AliasTarget) -> tuple[RecordSet, ...]:
    """The records an alias points at: of its own type, because an alias must match its target's type."""
    owner = _owner(zone, alias.dns_name) if zone.holds(alias.dns_name) else None
    return group_of(zone, owner, record.type) if owner is not None else ()


# --- choice ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    ttl: int
    value: str


def _resolve_group(
    zone: Zone, group: Sequence[RecordSet], world: World, done: _Progress, *, path: frozenset[str]
) -> list[_Line]:
    done.varies |= len(group) > 1
    lines = [
        line
        for record, failed_open in _choose(zone, group, world)
        for line in _resolve_record(zone, record, world, done, failed_open=failed_open, path=path)
    ]
    # One name and type has one TTL on the wire (RFC 2181, section 5.2): the smallest of those chosen.
    ttl = min((line.ttl for line in lines), default=0)
    return [_Line(ttl, value) for value in dict.fromkeys(line.value for line in lines)]


def _resolve_record(
    zone: Zone,
    record: RecordSet,
    world: World,
    done: _Progress,
    *,
    failed_open: bool,
    path: frozenset[str],
) -> list[_Line]:
    done.steps.append(Step(record, healthy(zone, record, world), failed_open))
    alias = record.alias
    if alias is None:
        values = list(record.values)
        world.random.shuffle(values)
        return [_Line(record.ttl or 0, value) for value in values]
    if not _within(zone, alias):
        done.host = alias.dns_name
        done.varies |= is_cloudfront(alias.dns_name)
        addresses = world.address_of(alias.dns_name) or ()
        return [_Line(ALIAS_TTL, address) for address in addresses if _fits(record.type, address)]
    group = _target_group(zone, record, alias)
    if not group or alias.dns_name in path:
        return []
    return _resolve_group(zone, group, world, done, path=path | {alias.dns_name})


def _choose(zone: Zone, group: Sequence[RecordSet], world: World) -> list[tuple[RecordSet, bool]]:
    """The records that answer, each with whether it was taken only because no record was healthy.

    The policy proposes an order; the first healthy record wins. If none is, all are treated as healthy and
    the policy alone decides, which for failover is the primary and for geolocation the smallest applicable
    place.
    """
    applicable = _applicable(group, world)
    fit = [record for record in applicable if healthy(zone, record, world)]
    pool, failed_open = (fit, False) if fit else (applicable, True)
    if not pool:
        return []
    if pool[0].policy == "multivalue":
        count = min(MULTIVALUE_LIMIT, len(pool))
        return [(record, failed_open) for record in world.random.sample(pool, count)]
    return [(_preferred(pool, world), failed_open)]


def _preferred(pool: Sequence[RecordSet], world: World) -> RecordSet:
    """The one record that the policy takes when all of `pool` count as healthy."""
    policy = pool[0].policy
    if policy == "failover":
        return min(pool, key=lambda record: record.failover != "PRIMARY")
    if policy == "latency":
        return min(pool, key=lambda record: _distance(world.place, record))
    if policy == "weighted":
        return _weighted(pool, world.random)
    return pool[0]


def _distance(place: Place, record: RecordSet) -> tuple[float, str]:
    region = record.region or ""
    return latency_ms(place, region), region


def _weighted(pool: Sequence[RecordSet], random: random.Random) -> RecordSet:
    """By weight; zero weights only when nothing else is left, and then with equal probability."""
    weights = [max(0, record.weight or 0) for record in pool]
    return random.choices(pool, weights)[0] if any(weights) else random.choice(pool)


def _applicable(group: Sequence[RecordSet], world: World) -> list[RecordSet]:
    """The members that may answer at this place: all of them, except for geolocation (smallest place first).

    A healthy geolocation record of another place is never used (Developer Guide, "Values specific for
    geolocation records"); without a default record a place that none covers gets no answer ("Geolocation
    routing").
    """
    if not group or group[0].policy != "geolocation":
        return list(group)
    ranked = [(_match(record.geolocation, world.place), record) for record in group if record.geolocation]
    return [record for rank, record in sorted(ranked, key=lambda item: -item[0]) if rank > 0]


def _match(location: GeoLocation, place: Place) -> int:
    """How narrowly a location covers a place: 4 state, 3 country, 2 continent, 1 default, 0 not at all."""
    if location.country == "*":
        return 1
    if location.subdivision is not None:
        return 4 if (location.country, location.subdivision) == (place.country, place.subdivision) else 0
    if location.country is not None:
        return 3 if location.country == place.country else 0
    return 2 if location.continent is not None and location.continent == place.continent else 0


def _fits(kind: str, address: str) -> bool:
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return False
    return (kind, version) in {("A", 4), ("AAAA", 6)}
