"""Route 53 of the sandbox: applied records, health checkers and name server behind one object."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial

from harness.sandbox.service import Context, Service
from harness.sandbox.services.cloudwatch import CloudWatch
from harness.sandbox.services.route53 import health
from harness.sandbox.services.route53.checkers import Checker, CheckStatus, Event, Fleet
from harness.sandbox.services.route53.dns import DnsServer, Source
from harness.sandbox.services.route53.observations import Observations
from harness.sandbox.services.route53.policy import ALIAS_TTL, Answer, Question, Resource, select
from harness.sandbox.services.route53.probes import Endpoint, Prober
from harness.sandbox.services.route53.records import Applied, HealthCheck, Zone, canonical
from harness.sandbox.services.route53.stored import Reader
from harness.sandbox.services.route53.targets import is_cloudfront, is_global_host, region_of
from harness.sandbox.world.places import PLACES, UNKNOWN, Place, nearest_place, place_named, place_near

_LONGEST_CHAIN = 16
_EDGE_IP = "127.0.0.1"


class Route53(Service):
    """Answers questions by the published rules, from what was applied and what its checkers found.

    state: what is applied; by default read from the embedded emulator. target_health: whether the AWS
    resource behind an alias is healthy; AWS says that API Gateway and S3 hardly ever report otherwise (API
    Reference, AliasTarget).
    """

    name = "route53"

    def __init__(
        self,
        context: Context,
        *,
        state: Callable[[], Applied] | None = None,
        target_health: Callable[[str], bool] = lambda host: True,
    ) -> None:
        super().__init__(context)
        self._regions, self._edges = context.addresses.regions, context.addresses.edges
        self._target_health = target_health
        self._state = state or Reader(context.account_id)
        self._random = random.Random(context.seed)
        clock, dark = context.clock, context.faults.dark
        names = [place.name for place in (*PLACES, UNKNOWN)]
        self._observations = Observations(clock, places=names, delay=context.delay)
        self._fleet = Fleet(
            clock,
            self._observations,
            checks=lambda: self._state().checks or {},
            probe=Prober(clock, self._locate, dark_regions=dark, silent_regions=context.faults.silent),
            dark_regions=dark,
            alarm_state=context.services[CloudWatch].alarm_state,
            seed=context.seed,
        )
        self._server = DnsServer(Source(self.followed, self.authority))

    @property
    def dns_address(self) -> tuple[str, int] | None:
        """Where the name server listens (UDP and TCP), None when it does not."""
        return self._server.address

    async def start(self) -> None:
        """Starts the name server."""
        await self._server.start("127.0.0.1", self.context.dns_port)

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
        if edge in self._edges:
            return [self._edges[edge][0]]
        if is_global_host(host):
            return [_EDGE_IP]
        region = region_of(host, known=tuple(self._regions))
        return [self._regions[region][0]] if region is not None and region in self._regions else None

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
        region = region_of(host, known=tuple(self._regions)) if host else None
        if region is not None and region in self._regions:
            return Endpoint(*self._regions[region], region)
        for name, (own, port) in self._regions.items():
            if own == ip and host is None:
                return Endpoint(own, port, name)
        for own, edge_port in self._edges.values():
            if own == ip and host is not None and is_cloudfront(host):
                return Endpoint(own, edge_port, None)
        if host is not None and is_global_host(host):
            return Endpoint(ip, self.context.addresses.control[1], None)
        return Endpoint(ip, port, None)
