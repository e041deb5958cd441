"""The drill's clients: each at a place, behind a DNS cache of its own, reading and writing until the end."""

from __future__ import annotations

import bisect
import itertools
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from harness.drill.judge.ledger import Attempt, Ledger, Operation
from harness.drill.load.exchange import (
    Caller,
    Judgement,
    Reply,
    Request,
    judge_object,
    judge_read,
    judge_write,
)
from harness.drill.load.resolver import CachingResolver
from harness.drill.scenario import Load
from harness.drill.subject import Flow, Subject
from harness.sandbox.world.clock import Clock
from harness.sandbox.world.places import Place, place_named

# Rates vary by this share around their mean, so that clients do not march in step.
JITTER = 0.2
_WAIT_FOR_ITEMS = 0.25


@dataclass(frozen=True)
class Bench:
    """What every client of one run shares.

    run: unique among the runs on one estate; part of every item's id. origin: model time of the load's
    start. regions: address -> region, for those of regions; ports: address -> port, the edge's included. dns:
    the name server.
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
    """One client: for every flow a reader and a writer, which all share a DNS cache.

    written: what everybody has written so far, by the flow's name; for a static flow, what was put there.
    """

    def __init__(
        self, bench: Bench, identity: Identity, written: Mapping[str, Written], *, seed: int
    ) -> None:
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

    def work(self, end: float) -> list[Coroutine[Any, Any, None]]:
        """Everything that this client does until `end`, to be run side by side."""
        tasks = []
        for flow in self._bench.subject.flows:
            if flow.write_path is not None:
                tasks.append(self.write_until(flow, end))
            tasks.append(self.read_until(flow, end))
        return tasks

    async def write_until(self, flow: Flow, end: float) -> None:
        """Writes one new item after the other; a write that fails is tried again with the same key."""
        period = 1 / self._bench.load.rates(self._bench.subject, flow)[1]
        await self._sleep(self._chance.random() * period, end)
        while self._bench.now() < end:
            await self._write(flow, end)
            await self._sleep(self._varied(period), end)

    async def read_until(self, flow: Flow, end: float) -> None:
        """Reads items that anyone has written and that had time to settle."""
        load, written = self._bench.load, self._written[flow.name]
        period = 1 / load.rates(self._bench.subject, flow)[0]
        await self._sleep(self._chance.random() * period, end)
        waited = False
        while self._bench.now() < end:
            item = written.choose(self._bench.now() - load.settle, self._chance)
            if item is None:
                waited = True
                await self._sleep(_WAIT_FOR_ITEMS, end)
                continue
            if waited:
                # everybody has waited for the same first item, and must not ask for it at once
                waited = False
                await self._sleep(self._chance.random() * period, end)
                continue
            await self._until_answered(partial(self._read, flow, item), end)
            await self._sleep(self._varied(period), end)

    async def _write(self, flow: Flow, end: float) -> None:
        name = f"{self._bench.run}-{self._who.name}-{next(self._serial)}"
        item = Item(name, f"key-{name}", f"value of {name}")
        operation = self._bench.subject.operation(flow, "write")

        async def once(tries: int) -> Attempt:
            return await self._attempt(
                operation,
                item,
                tries,
                lambda address: write_request(flow, item, address, self._bench.subject.entry_host),
                lambda reply, region: judge_write(reply, item=item.id, region=region),
            )

        last = await self._until_answered(once, end)
        if last.ok:
            self._written[flow.name].add(last.end, item)

    async def _read(self, flow: Flow, item: Item, tries: int) -> Attempt:
        return await self._attempt(
            self._bench.subject.operation(flow, "read"),
            item,
            tries,
            lambda address: read_request(flow, item, address, self._bench.subject.entry_host),
            lambda reply, region: judge_answer(flow, reply, item, region),
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
        who, place = self._who.name, self._who.place.name
        ip, reason = await self._resolver.address(bench.subject.entry_host)
        if ip is None:
            return Attempt(
                0, start, bench.now(), who, place, operation, "no-address", item.id, item.key,
                tries=tries, detail=reason,
            )  # fmt: skip
        region = bench.regions.get(ip)
        reply = await bench.caller.send(request((ip, bench.ports.get(ip, 80))), bench.load.timeout)
        judged = judge(reply, region)
        return Attempt(
            reply.number, start, bench.now(), who, place, operation, judged.outcome, item.id, item.key,
            reply.status, judged.served_by, ip, region, tries, judged.detail, reply.cache,
        )  # fmt: skip

    async def _sleep(self, seconds: float, end: float) -> None:
        await self._bench.clock.sleep(max(0.0, min(seconds, end - self._bench.now())))

    def _varied(self, seconds: float) -> float:
        return seconds * self._chance.uniform(1 - JITTER, 1 + JITTER)


def write_request(flow: Flow, item: Item, address: tuple[str, int], host: str) -> Request:
    """POST of an item as every data function takes it."""
    assert flow.write_path is not None
    return Request(
        "POST", address, host, flow.write_path,
        headers={"Idempotency-Key": item.key}, body={"id": item.id, "value": item.value},
    )  # fmt: skip


def read_request(flow: Flow, item: Item, address: tuple[str, int], host: str) -> Request:
    """GET of an item as every data function takes it; of a static flow, of the object."""
    if flow.store == "static":
        return Request("GET", address, host, f"{flow.read_path}/{item.id}")
    if "{id}" in flow.read_path:
        return Request("GET", address, host, flow.read_path.replace("{id}", quote(item.id, safe="")))
    return Request("GET", address, host, flow.read_path, query={"id": item.id})


def judge_answer(flow: Flow, reply: Reply, item: Item, region: str | None) -> Judgement:
    """What the answer to `read_request` is worth."""
    if flow.store == "static":
        return judge_object(reply, value=item.value)
    return judge_read(reply, item=item.id, value=item.value, region=region)
