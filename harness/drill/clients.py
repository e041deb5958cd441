"""The drill's clients: each at a place, behind a DNS cache of its own, reading and writing until the end."""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from harness.drill.exchange import Caller, Judgement, Reply, Request, judge_read, judge_write
from harness.drill.ledger import WATCHER, Attempt, Ledger, Operation
from harness.drill.resolver import CachingResolver, ask, lookup
from harness.drill.scenario import Load
from harness.drill.subject import Subject
from harness.sandbox.clock import Clock
from harness.sandbox.route53.places import Place, place_named

# Rates vary by this share around their mean, so that clients do not march in step.
JITTER = 0.2
WATCH_INTERVAL = 0.5
CONTROL_INTERVAL = 5.0
_WAIT_FOR_ITEMS = 0.25


@dataclass(frozen=True)
class Bench:
    """What every client of one run shares.

    run: unique among the runs on one estate; part of every item's id. origin: model time of the load's
    start. regions: address -> region, ports: address -> port. dns: the name server.
    """

    clock: Clock
    caller: Caller
    ledger: Ledger
    subject: Subject
    load: Load
    run: str
    origin: float
    dns: tuple[str, int]
    regions: Mapping[str, str]
    ports: Mapping[str, int]

    def now(self) -> float:
        return self.clock.now() - self.origin


@dataclass(frozen=True, slots=True)
class Item:
    """One write: its unique id, its idempotency key and its value."""

    id: str
    key: str
    value: str


class Written:
    """The acknowledged writes of all clients, in the order of their acknowledgement."""

    def __init__(self) -> None:
        self._moments: list[float] = []
        self._items: list[Item] = []

    def add(self, moment: float, item: Item) -> None:
        place = bisect.bisect_right(self._moments, moment)
        self._moments.insert(place, moment)
        self._items.insert(place, item)

    def choose(self, before: float, chance: random.Random) -> Item | None:
        """One that was acknowledged before that moment, None when none was."""
        count = bisect.bisect_left(self._moments, before)
        return self._items[chance.randrange(count)] if count else None

    @property
    def items(self) -> tuple[Item, ...]:
        return tuple(self._items)


@dataclass(frozen=True, slots=True)
class Identity:
    name: str
    place: Place
    overstays: bool


def identities(load: Load, *, seed: int) -> list[Identity]:
    """The clients of a load; who overstays the TTL is drawn per seed, how many is the rounded share."""
    names = [
        (f"{place}-{n}", place_named(place))
        for place, count in load.clients.items()
        for n in range(1, count + 1)
    ]
    stale = set(
        random.Random(f"{seed}/overstay").sample(range(len(names)), round(load.overstay.share * len(names)))
    )
    return [Identity(name, place, index in stale) for index, (name, place) in enumerate(names)]


class Client:
    """One client: a reader and a writer that share a DNS cache."""

    def __init__(self, bench: Bench, identity: Identity, written: Written, *, seed: int) -> None:
        self._bench = bench
        self._who = identity
        self._written = written
        self._chance = random.Random(f"{seed}/{identity.name}")
        self._serial = itertools.count(1)
        self._resolver = CachingResolver(
            bench.clock,
            bench.dns,
            bench.ledger,
            client=identity.name,
            place=identity.place,
            regions=bench.regions,
            overstay=bench.load.overstay.seconds if identity.overstays else 0.0,
            chance=random.Random(f"{seed}/{identity.name}/dns"),
            origin=bench.origin,
        )

    async def write_until(self, end: float) -> None:
        """Writes one new item after the other; a write that fails is tried again with the same key."""
        period = 1 / self._bench.load.writes_per_second
        await self._sleep(self._chance.random() * period, end)
        while self._bench.now() < end:
            await self._write(end)
            await self._sleep(self._varied(period), end)

    async def read_until(self, end: float) -> None:
        """Reads items that anyone has written and that had time to settle."""
        load = self._bench.load
        period = 1 / load.reads_per_second
        await self._sleep(self._chance.random() * period, end)
        while self._bench.now() < end:
            item = self._written.choose(self._bench.now() - load.settle, self._chance)
            if item is None:
                await self._sleep(_WAIT_FOR_ITEMS, end)
                continue
            await self._until_answered(lambda tries, item=item: self._read(item, tries), end)  # type: ignore[misc]
            await self._sleep(self._varied(period), end)

    async def _write(self, end: float) -> None:
        name = f"{self._bench.run}-{self._who.name}-{next(self._serial)}"
        item = Item(name, f"key-{name}", f"value of {name}")

        async def once(tries: int) -> Attempt:
            return await self._attempt(
                "write",
                item,
                tries,
                lambda address: Request(
                    "POST",
                    address,
                    self._bench.subject.entry_host,
                    self._bench.subject.write_path,
                    headers={"Idempotency-Key": item.key},
                    body={"id": item.id, "value": item.value},
                ),
                lambda reply, region: judge_write(reply, item=item.id, region=region),
            )

        last = await self._until_answered(once, end)
        if last.ok:
            self._written.add(last.end, item)

    async def _read(self, item: Item, tries: int) -> Attempt:
        return await self._attempt(
            "read",
            item,
            tries,
            lambda address: Request(
                "GET",
                address,
                self._bench.subject.entry_host,
                self._bench.subject.read_path,
                query={"id": item.id},
            ),
            lambda reply, region: judge_read(reply, item=item.id, value=item.value, region=region),
        )

    async def _until_answered(self, once: Callable[[int], Awaitable[Attempt]], end: float) -> Attempt:
        """The last try: the first that was answered, or that was refused for good (a 4xx), or the end's."""
        for tries in itertools.count(1):
            attempt = await once(tries)
            self._bench.ledger.attempts.append(attempt)
            refused_for_good = (
                attempt.outcome == "http"
                and 400 <= (attempt.status or 0) < 500
                and (attempt.status not in (403, 404, 408, 429))
            )
            if not attempt.failed or refused_for_good or self._bench.now() >= end:
                return attempt
            await self._sleep(self._varied(self._bench.load.retry_pause), end)
            if self._bench.now() >= end:
                return attempt
        raise AssertionError("unreachable: the loop above ends only by returning")

    async def _attempt(
        self,
        operation: Operation,
        item: Item,
        tries: int,
        request: Callable[[tuple[str, int]], Request],
        judge: Callable[[Reply, str | None], Judgement],
    ) -> Attempt:
        bench, start = self._bench, self._bench.now()
        ip, reason = await self._resolver.address(bench.subject.entry_host)
        if ip is None:
            return Attempt(
                0,
                start,
                bench.now(),
                self._who.name,
                self._who.place.name,
                operation,
                "no-address",
                item.id,
                item.key,
                tries=tries,
                detail=reason,
            )
        region = bench.regions.get(ip)
        reply = await bench.caller.send(request((ip, bench.ports.get(ip, 80))), bench.load.timeout)
        judged = judge(reply, region)
        return Attempt(
            reply.number,
            start,
            bench.now(),
            self._who.name,
            self._who.place.name,
            operation,
            judged.outcome,
            item.id,
            item.key,
            reply.status,
            judged.served_by,
            ip,
            region,
            tries,
            judged.detail,
        )

    async def _sleep(self, seconds: float, end: float) -> None:
        await self._bench.clock.sleep(max(0.0, min(seconds, end - self._bench.now())))

    def _varied(self, seconds: float) -> float:
        return seconds * self._chance.uniform(1 - JITTER, 1 + JITTER)


async def watch_dns(bench: Bench, place: Place, end: float) -> None:
    """Asks DNS from one place, uncached, twice a second: it shows when the answers there changed."""
    while bench.now() < end:
        answer = await ask(bench.clock, bench.dns, bench.subject.entry_host, place)
        bench.ledger.lookups.append(lookup(answer, bench.now(), WATCHER, place, bench.regions))
        await bench.clock.sleep(min(WATCH_INTERVAL, max(0.0, end - bench.now())))


async def call_control_plane(
    bench: Bench, region: str, *, endpoint: tuple[str, int], account_id: str, end: float
) -> None:
    """Lists things through the region's control plane every few seconds: no client does, so without it nobody
    would run into a fault of control planes, and the drill could not show that it was there."""
    while bench.now() < end:
        start = bench.now()
        reply = await bench.caller.send(control_request(region, endpoint, account_id), bench.load.timeout)
        outcome = reply.failure or ("ok" if reply.status == 200 else "http")
        bench.ledger.attempts.append(
            Attempt(
                reply.number,
                start,
                bench.now(),
                "operator",
                "",
                "control",
                outcome,
                status=reply.status,
                served_by=region if outcome == "ok" else None,
                dialled=region,
                detail=reply.detail,
            )
        )
        await bench.clock.sleep(min(CONTROL_INTERVAL, max(0.0, end - bench.now())))


def control_request(region: str, endpoint: tuple[str, int], account_id: str) -> Request:
    """A read-only call of a control plane homed in the region: Route 53's in us-east-1, Lambda's elsewhere.

    The sandbox checks no signatures, only whose scope they have.
    """
    service, path = (
        ("route53", "/2013-04-01/hostedzone")
        if region == "us-east-1"
        else ("lambda", "/2015-03-31/functions/")
    )
    scope = f"{account_id}/20260101/{region}/{service}/aws4_request"
    host = "route53.amazonaws.com" if service == "route53" else f"lambda.{region}.amazonaws.com"
    return Request(
        "GET",
        endpoint,
        host,
        path,
        headers={
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=drill"
        },
    )
