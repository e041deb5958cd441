"""Route 53 of the sandbox: applied records, health checkers and name server behind one object."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

from harness.sandbox.services.route53 import health
from harness.sandbox.services.route53.checkers import Checker, CheckStatus, Event, Fleet
from harness.sandbox.services.route53.dns import DnsServer, Source
from harness.sandbox.services.route53.health import AlarmState
from harness.sandbox.services.route53.observations import Observations
from harness.sandbox.services.route53.policy import ALIAS_TTL, Answer, Question, Resource, select
from harness.sandbox.services.route53.probes import Endpoint, Prober
from harness.sandbox.services.route53.records import Applied, HealthCheck, Reader, Zone, canonical
from harness.sandbox.services.route53.targets import is_cloudfront, is_global_host, region_of
from harness.sandbox.world.clock import Clock
from harness.sandbox.world.places import PLACES, UNKNOWN, Place, nearest_place, place_named, place_near

_LONGEST_CHAIN = 16
_EDGE_IP = "127.0.0.1"


class Route53:
    """Answers questions by the published rules, from what was applied and what its checkers found.

    addresses: region -> address its data plane listens on (kept, not copied: it may be filled later).
    edge_addresses: place -> address of the CloudFront edge there. endpoint_port: port of the sandbox on
    127.0.0.1, where other services at AWS's edge are reached.
    dark_regions: regions that are dark now; their own checkers do not report. silent_regions: those of them
    to which packets vanish, so that probes wait out the limit for a connection. delay: draws the seconds
    until a status reaches a place, for the name `observations.PROPAGATION`. alarm_state: what the metric
    behind an alarm (region, name) implies. target_health: whether the AWS resource behind an alias is
    healthy; AWS says that API Gateway and S3 hardly ever report otherwise (API Reference, AliasTarget).
    state: what is applied; by default read from the embedded emulator.

    Everything belongs to the loop that `start` is called on.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        addresses: Mapping[str, tuple[str, int]],
        account_id: str,
        endpoint_port: int,
        edge_addresses: Mapping[str, tuple[str, int]] = MappingProxyType({}),
        dark_regions: Callable[[], frozenset[str]] = frozenset,
        silent_regions: Callable[[], frozenset[str]] = frozenset,
        delay: Callable[[str], float] = lambda name: 0.0,
        alarm_state: Callable[[str, str], AlarmState] = lambda region, name: "INSUFFICIENT_DATA",
        target_health: Callable[[str], bool] = lambda host: True,
        state: Callable[[], Applied] | None = None,
        seed: int = 0,
    ) -> None:
        self._addresses = addresses
        self._endpoint_port = endpoint_port
        self._edge_addresses = edge_addresses
        self._target_health = target_health
        self._state = state or Reader(account_id)
        self._random = random.Random(seed)
        names = [place.name for place in (*PLACES, UNKNOWN)]
        self._observations = Observations(clock, places=names, delay=delay)
        self._fleet = Fleet(
            clock,
            self._observations,
            checks=lambda: self._state().checks or {},
            probe=Prober(clock, self._locate, dark_regions=dark_regions, silent_regions=silent_regions),
            dark_regions=dark_regions,
            alarm_state=alarm_state,
            seed=seed,
        )
        self._server = DnsServer(Source(self.followed, self.authority))

    @property
    def dns_address(self) -> tuple[str, int] | None:
        """Where the name server listens (UDP and TCP), None when it does not."""
        return self._server.address

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> tuple[str, int]:
        """Starts the name server and gives its address."""
        return await self._server.start(host, port)

    async def stop(self) -> None:
        """Stops name server and checkers."""
        await self.stop_checkers()
        await self._server.stop()

    def start_checkers(self) -> None:
        """Starts probing as participants of the clock."""
        self._fleet.start()

    async def stop_checkers(self) -> None:
        """Stops probing; statuses stay as they are."""
        await self._fleet.stop()

    async def reseed(self, seed: int) -> None:
        """New phases for a new seed; every status healthy again, no history."""
        self._random = random.Random(seed)
        await self._fleet.reseed(seed)

    def status(self, health_check_id: str) -> CheckStatus:
        """A check's status now. Raises LookupError for a check that is not applied."""
        return self._fleet.status(health_check_id)

    def history(self, health_check_id: str | None = None) -> tuple[Event, ...]:
        """When checkers and checks flipped and why, oldest first."""
        return self._fleet.history(health_check_id)

    def applied(self) -> Applied:
        """Zones, records and health checks as they are applied now."""
        return self._state()

    def resolve(self, name: str, kind: str = "A", place: str | Place = UNKNOWN) -> Answer:
        """What a resolver at that place ends up with: CNAMEs are followed out of their zone too.

        Raises ValueError for a place that does not exist.
        """
        where = place_named(place) if isinstance(place, str) else place
        return self.followed(name, kind, where) or Answer(code="SERVFAIL")

    def followed(self, name: str, kind: str, place: Place) -> Answer | None:
        """What the name server says: `answer`, and where a CNAME leads among the names of AWS that are here.

        On AWS the client's resolver would go on there; here is no other server for it to ask.
        """
        answer = self.answer(name, kind, place)
        if answer is None:
            return None
        for _ in range(_LONGEST_CHAIN):
            last = answer.resources[-1] if answer.resources else None
            if last is None or last.type != "CNAME" or kind == "CNAME" or answer.code != "NOERROR":
                break
            more = self.answer(last.value, kind, place)
            if more is None or any(line in answer.resources for line in more.resources):
                break
            answer = Answer(
                code=more.code,
                resources=answer.resources + more.resources,
                referral=more.referral,
                steps=answer.steps + more.steps,
                host=more.host,
                varies=answer.varies or more.varies,
            )
            if not more.resources:
                break
        return answer

    def answer(self, name: str, kind: str, place: Place) -> Answer | None:
        """What the zone says by itself; None for a name that is neither of a zone nor AWS's (refused)."""
        applied = self._state()
        zone = applied.zone_of(canonical(name))
        if zone is None:
            return self._aws_answer(canonical(name), kind, place)
        return select(
            zone,
            Question(name, kind),
            place,
            self._health(applied, place),
            self._random,
            partial(self.address_of, place=place),
            target_health=self._target_health,
        )

    def authority(self, name: str) -> Resource | None:
        """The SOA of the zone that holds the name."""
        zone: Zone | None = self._state().zone_of(canonical(name))
        for record in zone.records if zone else ():
            if zone is not None and record.type == "SOA" and record.name == zone.name and record.values:
                return Resource(record.name, "SOA", record.ttl or 0, record.values[0])
        return None

    def address_of(self, host: str, place: Place = UNKNOWN) -> Sequence[str] | None:
        """The sandbox's address for an AWS host name, of a distribution's the edge nearest to `place`; None
        for a region that the sandbox does not have."""
        edge = nearest_place(place).name if is_cloudfront(host) else ""
        if edge in self._edge_addresses:
            return [self._edge_addresses[edge][0]]
        if is_global_host(host):
            return [_EDGE_IP]
        region = region_of(host, known=tuple(self._addresses))
        return [self._addresses[region][0]] if region is not None and region in self._addresses else None

    def _aws_answer(self, name: str, kind: str, place: Place) -> Answer | None:
        addresses = self.address_of(name, place)
        if addresses is None:
            return None
        lines = tuple(Resource(name, "A", ALIAS_TTL, ip) for ip in addresses) if kind == "A" else ()
        return Answer(resources=lines, host=name, varies=is_cloudfront(name))

    def _health(self, applied: Applied, place: Place) -> Callable[[str], bool]:
        seen = self._observations.seen_from(place.name)
        return lambda identifier: health.status(identifier, applied.checks or {}, seen)

    def _locate(self, check: HealthCheck, checker: Checker) -> Endpoint:
        """Where a checker dials: the check's address, or the first that DNS gives for its domain name.

        Raises LookupError when the name has no A record. Ports of checks (443) are the sandbox's port, since
        a region listens on one; a check of an address of nobody in the sandbox keeps its own.
        """
        if check.ip_address is not None:
            return self.endpoint(check.ip_address, None, port=check.port or 80)
        answer = self.resolve(check.domain or "", "A", place_near(checker.region))
        addresses = [value for value in answer.values if answer.resources[-1].type == "A"]
        if not addresses:
            raise LookupError(f"no A record for {check.domain}")
        return self.endpoint(addresses[0], answer.host, port=check.port or 80)

    def endpoint(self, ip: str, host: str | None, *, port: int) -> Endpoint:
        """Where to dial for an address that DNS gave, and which region is there.

        host: the AWS host name behind it, as `Answer.host` has it. port: of an address of nobody's here.
        """
        region = region_of(host, known=tuple(self._addresses)) if host else None
        if region is not None and region in self._addresses:
            return Endpoint(*self._addresses[region], region)
        for name, (own, port) in self._addresses.items():
            if own == ip and host is None:
                return Endpoint(own, port, name)
        for own, edge_port in self._edge_addresses.values():
            if own == ip and host is not None and is_cloudfront(host):
                return Endpoint(own, edge_port, None)
        if host is not None and is_global_host(host):
            return Endpoint(ip, self._endpoint_port, None)
        return Endpoint(ip, port, None)
