"""DynamoDB global tables with distance: asynchronous replication, last writer wins, links that can be cut.

MiniStack copies a write to every replica before it answers, so nothing could ever be lost. This module
replaces that copy (`dynamodb._replicate_write`, looked up at each call) by queues, one per direction between
two regions, which deliver after a lag.

Rules, from the Amazon DynamoDB Developer Guide ("How DynamoDB global tables work" and "Best practices for
global tables", multi-Region eventual consistency): a write usually reaches the other regions within a second;
per item the last writer wins; the items of a transaction replicate one by one; conditions look at the local
copy; what an isolated region has not yet sent is delivered when it returns.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
import math
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from harness.sandbox.clock import Clock, Timer
from harness.sandbox.delays import Delays

# How long a held link waits, in model seconds, before it looks again whether it may send.
_RECHECK = 0.25

Item = Mapping[str, Any]


class Version(NamedTuple):
    """When and where an item was written; the greater one wins. `sequence` orders writes of one moment."""

    moment: float
    region: str
    sequence: int


class ItemKey(NamedTuple):
    """One item in one region. The table's id tells a table from its successor of the same name."""

    region: str
    table_id: str
    partition: str
    sort: str


class Write(NamedTuple):
    """One change to one item on its way to one region; `item` is None for a delete."""

    account: str
    table: str
    partition: str
    sort: str
    item: Item | None
    version: Version
    due: float


@dataclass(frozen=True)
class LinkStatistics:
    """What one direction has done so far; times are model seconds.

    `superseded` arrived but lost to a later write, `dropped` found no replica. `last_lag` and `max_lag` run
    from write to delivery and include the time that a link was held; `max_drawn` does not: it is the largest
    lag in force on a link that was never held, hence the bound on what an outage can lose.
    """

    source: str
    destination: str
    delivered: int
    superseded: int
    dropped: int
    pending: int
    last_lag: float
    max_lag: float
    max_drawn: float


@dataclass
class _Link:
    # first in, first out: a write never overtakes the one before it, however short its own lag
    source: str
    destination: str
    queue: deque[Write] = field(default_factory=deque)
    cut: bool = False
    held: bool = False
    resumes: float = -math.inf
    timer: Timer | None = None
    delivered: int = 0
    superseded: int = 0
    dropped: int = 0
    last_lag: float = 0.0
    max_lag: float = 0.0
    max_drawn: float = 0.0


class Replication:
    """The replication between all regions of one sandbox.

    `lag(source, destination)` gives the model seconds that one write travels (default: delays.yaml, seed 0;
    assign `lag` to change it). `dark()` gives the regions that neither send nor receive at the moment. All
    methods belong to the clock's loop; the emulator may write from any thread.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        lag: Callable[[str, str], float] | None = None,
        dark: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self.lag = lag or _modelled_lag()
        self._clock = clock
        self._dark = dark
        self._links: dict[tuple[str, str], _Link] = {}
        self._versions: dict[ItemKey, Version] = {}
        self._sequence = itertools.count()
        # guards queues and versions: writes come from the emulator's threads too
        self._guard = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._dynamodb: Any = None
        self._responses: Any = None
        self._original: Callable[..., None] | None = None

    def install(self) -> None:
        """Take the place of the emulator's synchronous copy. Call it on the clock's loop."""
        if self._original is not None:
            raise RuntimeError("replication is already installed")
        # not at module level: the sandbox sets the emulator's environment before it imports it
        from ministack.core import responses
        from ministack.services import dynamodb

        self._loop = asyncio.get_running_loop()
        self._dynamodb, self._responses = dynamodb, responses
        self._original = dynamodb._replicate_write
        dynamodb._replicate_write = self._capture

    def uninstall(self) -> None:
        """Put the emulator's own copy back. Writes that are still queued are not delivered."""
        if self._original is None:
            return
        self._dynamodb._replicate_write = self._original
        self._original = None
        with self._guard:
            for link in self._links.values():
                if link.timer is not None:
                    link.timer.cancel()
            self._links.clear()
            self._versions.clear()

    def cut(self, source: str, destination: str) -> None:
        """Hold everything from `source` to `destination`; the other direction goes on."""
        with self._guard:
            self._link(source, destination).cut = True

    def heal(self, source: str, destination: str) -> None:
        """Undo `cut`: what is queued sets off now and arrives one lag later, in order."""
        link = self._link(source, destination)
        if link.cut and link.queue:
            link.held = True
        link.cut = False
        self._advance(link)

    def wake(self) -> None:
        """Look at every link at once, for example because a region is no longer dark."""
        for link in list(self._links.values()):
            self._advance(link)

    def pending(self, source: str | None = None) -> int:
        """How many writes are queued, of all regions or of `source`, counted once per destination."""
        with self._guard:
            return sum(len(link.queue) for link in self._links.values() if source in (None, link.source))

    def lag_now(self, source: str | None = None, destination: str | None = None) -> float:
        """Model seconds that the oldest undelivered write has waited; 0.0 when nothing is queued."""
        with self._guard:
            waiting = [
                link.queue[0].version.moment
                for link in self._links.values()
                if link.queue and source in (None, link.source) and destination in (None, link.destination)
            ]
        return max(0.0, self._clock.now() - min(waiting)) if waiting else 0.0

    def statistics(self) -> dict[tuple[str, str], LinkStatistics]:
        """What every (source, destination) that was ever used has done."""
        with self._guard:
            return {ends: _statistics(link) for ends, link in sorted(self._links.items())}

    def flush(self, *, force: bool = False) -> int:
        """Deliver now what is queued on links that may send (`force`: on all); returns how many writes."""
        sent = 0
        for link in list(self._links.values()):
            if force or not self._is_held(link):
                with self._guard:
                    waiting = len(link.queue)
                for _ in range(waiting):
                    self._deliver(link)
                sent += waiting
                self._advance(link)
        return sent

    def _capture(self, table: Any, _event: str, old_item: Item | None, new_item: Item | None) -> None:
        """Stands in for dynamodb._replicate_write: queue the write instead of copying it."""
        home, account = self._responses.get_region(), self._responses.get_account_id()
        destinations = [region for region in self._dynamodb._replica_group(table) if region != home]
        if not destinations:
            return
        partition, sort = self._key_of(table, new_item if new_item is not None else old_item)
        with self._guard:
            version = self._stamp(ItemKey(home, _identity(table), partition, sort))
            item = copy.deepcopy(new_item)
            links = [self._link(home, destination) for destination in destinations]
            for link in links:
                due = self._due(link, version.moment)
                link.queue.append(Write(account, table["TableName"], partition, sort, item, version, due))
        self._schedule(links)

    def _stamp(self, key: ItemKey) -> Version:
        """The version of a write made now: always greater than the one that it overwrites."""
        moment, known = self._clock.now(), self._versions.get(key)
        if known is not None and known.moment >= moment:
            moment = math.nextafter(known.moment, math.inf)
        version = Version(moment, key.region, next(self._sequence))
        self._versions[key] = version
        return version

    def _due(self, link: _Link, moment: float) -> float:
        drawn = max(0.0, self.lag(link.source, link.destination))
        link.max_drawn = max(link.max_drawn, drawn)
        return moment + drawn

    def _schedule(self, links: list[_Link]) -> None:
        assert self._loop is not None
        try:
            here: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            here = None
        for link in links:
            if here is self._loop:
                self._start(link)
            else:
                self._loop.call_soon_threadsafe(self._start, link)

    def _start(self, link: _Link) -> None:
        # a link that already waits for its first write need not be disturbed: the order never changes
        if link.timer is None:
            self._advance(link)

    def _advance(self, link: _Link) -> None:
        """Deliver what is due on the link, and set the timer for what is not."""
        if link.timer is not None:
            link.timer.cancel()
            link.timer = None
        if not link.queue:
            link.held = False
            return
        if self._is_held(link):
            # whether a region is dark can only be asked, so ask again; nothing is asked before it matters
            link.held = link.held or link.queue[0].due <= self._clock.now()
            wait = max(_RECHECK, link.queue[0].due - self._clock.now())
            link.timer = self._clock.call_later(wait, lambda: self._advance(link))
            return
        if link.held:
            link.held = False
            link.resumes = self._clock.now() + max(0.0, self.lag(link.source, link.destination))
        while link.queue:
            due = max(link.queue[0].due, link.resumes)
            if due > self._clock.now():
                link.timer = self._clock.call_at(due, lambda: self._advance(link))
                return
            self._deliver(link)

    def _deliver(self, link: _Link) -> None:
        with self._guard:
            write = link.queue.popleft()
            applied = self._apply(write, link)
        link.last_lag = self._clock.now() - write.version.moment
        link.max_lag = max(link.max_lag, link.last_lag)
        if applied is None:
            link.dropped += 1
        elif applied:
            link.delivered += 1
        else:
            link.superseded += 1

    def _apply(self, write: Write, link: _Link) -> bool | None:
        """Whether the write won over what the region holds; None when the region holds no such replica."""
        dynamodb, region = self._dynamodb, link.destination
        replica = dynamodb._tables.get_scoped(write.account, region, write.table)
        if replica is None or link.source not in dynamodb._replica_group(replica):
            return None
        key = ItemKey(region, _identity(replica), write.partition, write.sort)
        known = self._versions.get(key)
        if known is not None and known >= write.version:
            return False
        self._versions[key] = write.version
        with self._responses.request_scope(write.account, region):
            self._store(replica, write)
        return True

    def _store(self, replica: Any, write: Write) -> None:
        dynamodb = self._dynamodb
        previous = replica["items"].get(write.partition, {}).get(write.sort)
        if write.item is None:
            if previous is None:
                return
            dynamodb._remove_item(replica, write.partition, write.sort)
            event = "REMOVE"
        else:
            dynamodb._set_item(replica, write.partition, write.sort, copy.deepcopy(write.item))
            event = "INSERT" if previous is None else "MODIFY"
        dynamodb._emit_stream_event(write.table, event, previous, copy.deepcopy(write.item), replicate=False)

    def _key_of(self, table: Any, item: Item | None) -> tuple[str, str]:
        assert item is not None
        value_of = self._dynamodb._extract_key_val
        # the emulator's own mark for a table without a sort key
        sort = value_of(item.get(table["sk_name"])) if table["sk_name"] else "__no_sort__"
        return value_of(item.get(table["pk_name"])), sort

    def _is_held(self, link: _Link) -> bool:
        return link.cut or not self._dark().isdisjoint((link.source, link.destination))

    def _link(self, source: str, destination: str) -> _Link:
        ends = (source, destination)
        if ends not in self._links:
            self._links[ends] = _Link(source, destination)
        return self._links[ends]


def _modelled_lag() -> Callable[[str, str], float]:
    delays = Delays()
    return lambda _source, _destination: delays.draw("dynamodb_replication_lag")


def _identity(table: Any) -> str:
    return str(table.get("TableId") or table["TableArn"])


def _statistics(link: _Link) -> LinkStatistics:
    return LinkStatistics(
        source=link.source,
        destination=link.destination,
        delivered=link.delivered,
        superseded=link.superseded,
        dropped=link.dropped,
        pending=len(link.queue),
        last_lag=link.last_lag,
        max_lag=link.max_lag,
        max_drawn=link.max_drawn,
    )
