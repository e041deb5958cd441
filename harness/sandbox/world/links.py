"""Links between regions that carry changes with a delay, and that can be cut: what DynamoDB's global tables
and S3's replication have in common.

A link has one direction. What is handed to it arrives one lag later; while the link is cut, or one of its
ends is dark, nothing arrives, and what waits sets off anew when that is over.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from harness.sandbox.faults import Fault, cut_links
from harness.sandbox.world.clock import Clock, Timer

T = TypeVar("T")

# How long a held link waits, in model seconds, before it looks again whether it may send.
_RECHECK = 0.25


@dataclass(frozen=True)
class LinkStatistics:
    """What one direction has done so far; times are model seconds.

    `superseded` arrived but lost to a later change, `dropped` found nothing to arrive at. `last_lag` and
    `max_lag` run from change to delivery and include the time that a link was held; `max_drawn` does not: it
    is the largest lag in force on a link that was never held, hence the bound on what an outage can lose.
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


@dataclass(order=True)
class _Waiting(Generic[T]):
    # by rank alone: what a link carries has no order of its own
    rank: tuple[float, int]
    due: float = field(compare=False)
    moment: float = field(compare=False)
    change: T = field(compare=False)


@dataclass
class _Link(Generic[T]):
    source: str
    destination: str
    queue: list[_Waiting[T]] = field(default_factory=list)
    cut: bool = False
    held: bool = False
    timer: Timer | None = None
    delivered: int = 0
    superseded: int = 0
    dropped: int = 0
    last_lag: float = 0.0
    max_lag: float = 0.0
    max_drawn: float = 0.0


class Links(ABC, Generic[T]):
    """The links of one kind between all regions of one sandbox, made as they are used.

    `lag(source, destination)` gives the model seconds that one change travels; assign `lag` to change it.
    `dark()` gives the regions that neither send nor receive at the moment. An ordered link is first in, first
    out, however short the lag of a later change; on one that is not, each change travels by itself. All
    methods belong to the clock's loop, but changes may be handed over (`_send`) from any thread.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        lag: Callable[[str, str], float],
        dark: Callable[[], frozenset[str]] = frozenset,
        ordered: bool,
    ) -> None:
        self.lag = lag
        self._clock = clock
        self._dark = dark
        self._ordered = ordered
        self._links: dict[tuple[str, str], _Link[T]] = {}
        self._sequence = itertools.count()
        # guards queues and what `_apply` changes: the emulator writes from threads too
        self._guard = threading.RLock()
        self._loop: asyncio.AbstractEventLoop | None = None

    @abstractmethod
    def _apply(self, change: T, *, source: str, destination: str) -> bool | None:
        """Let the change take effect; whether it won over what was there, None when nothing could take it."""

    def cut(self, source: str, destination: str) -> None:
        """Hold everything from `source` to `destination`; the other direction goes on."""
        with self._guard:
            self._link(source, destination).cut = True

    def heal(self, source: str, destination: str) -> None:
        """Undo `cut`: what is queued sets off now and arrives one lag later."""
        link = self._link(source, destination)
        if link.cut and link.queue:
            link.held = True
        link.cut = False
        self._advance(link)

    def hold(self, fault: Fault) -> None:
        """Cut the links that a fault cuts."""
        for ends in cut_links(fault):
            self.cut(*ends)

    def let_go(self, fault: Fault, *, cut: Collection[tuple[str, str]]) -> None:
        """Undo what an ended fault held back. cut: the links that other faults still cut."""
        self.wake()
        for ends in cut_links(fault):
            if ends not in cut:
                self.heal(*ends)

    def wake(self) -> None:
        """Look at every link at once, for example because a region is no longer dark."""
        for link in list(self._links.values()):
            self._advance(link)

    def held_back(self, ends: tuple[str, str]) -> int:
        """How many changes wait on the link from a region to another."""
        with self._guard:
            return len(self._links[ends].queue) if ends in self._links else 0

    def pending(self, source: str | None = None) -> int:
        """How many changes are queued, of all regions or of `source`, counted once per destination."""
        with self._guard:
            return sum(len(link.queue) for link in self._links.values() if source in (None, link.source))

    def lag_now(self, source: str | None = None, destination: str | None = None) -> float:
        """Model seconds that the oldest undelivered change has waited; 0.0 when nothing is queued."""
        with self._guard:
            waiting = [
                one.moment
                for link in self._links.values()
                if source in (None, link.source) and destination in (None, link.destination)
                for one in link.queue
            ]
        return max(0.0, self._clock.now() - min(waiting)) if waiting else 0.0

    def statistics(self) -> dict[tuple[str, str], LinkStatistics]:
        """What every (source, destination) that was ever used has done."""
        with self._guard:
            return {ends: _statistics(link) for ends, link in sorted(self._links.items())}

    def flush(self, *, force: bool = False) -> int:
        """Deliver now what is queued on links that may send (`force`: on all); returns how many changes."""
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

    def _forget(self) -> None:
        """Drop every link with what it holds."""
        with self._guard:
            for link in self._links.values():
                if link.timer is not None:
                    link.timer.cancel()
            self._links.clear()

    def _send(self, change: T, *, source: str, destinations: Iterable[str], moment: float) -> None:
        """Put a change made at `moment` on the links to `destinations`. From any thread; called on the loop,
        it delivers nothing itself, however short the lag."""
        assert self._loop is not None
        with self._guard:
            links = [self._link(source, destination) for destination in destinations]
            for link in links:
                drawn = max(0.0, self.lag(link.source, link.destination))
                link.max_drawn = max(link.max_drawn, drawn)
                self._enqueue(link, due=moment + drawn, moment=moment, change=change)
        try:
            on_loop = asyncio.get_running_loop() is self._loop
        except RuntimeError:
            on_loop = False
        for link in links:
            # not by call_soon: time could leap before it runs
            if on_loop:
                self._start(link)
            else:
                self._loop.call_soon_threadsafe(self._advance, link)

    def _enqueue(self, link: _Link[T], *, due: float, moment: float, change: T) -> None:
        rank = (0.0 if self._ordered else due, next(self._sequence))
        heapq.heappush(link.queue, _Waiting(rank, due, moment, change))

    def _start(self, link: _Link[T]) -> None:
        """Make sure that the link wakes up when its first change is due."""
        with self._guard:
            due = link.queue[0].due if link.queue else math.inf
        if link.timer is not None and due < link.timer.due:
            link.timer.cancel()
            link.timer = None
        if link.timer is None and due < math.inf:
            link.timer = self._clock.call_at(due, lambda: self._advance(link))

    def _advance(self, link: _Link[T]) -> None:
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
            self._set_off_anew(link)
        while link.queue:
            due = link.queue[0].due
            if due > self._clock.now():
                link.timer = self._clock.call_at(due, lambda: self._advance(link))
                return
            self._deliver(link)

    def _set_off_anew(self, link: _Link[T]) -> None:
        """What waited on a held link starts now. An ordered link's changes arrive together with the first."""
        with self._guard:
            now, waiting = self._clock.now(), sorted(link.queue)
            link.queue.clear()
            drawn = self.lag(link.source, link.destination)
            for one in waiting:
                again = now + max(0.0, drawn if self._ordered else self.lag(link.source, link.destination))
                self._enqueue(link, due=max(one.due, again), moment=one.moment, change=one.change)

    def _deliver(self, link: _Link[T]) -> None:
        with self._guard:
            one = heapq.heappop(link.queue)
            applied = self._apply(one.change, source=link.source, destination=link.destination)
        link.last_lag = self._clock.now() - one.moment
        link.max_lag = max(link.max_lag, link.last_lag)
        if applied is None:
            link.dropped += 1
        elif applied:
            link.delivered += 1
        else:
            link.superseded += 1

    def _is_held(self, link: _Link[T]) -> bool:
        return link.cut or not self._dark().isdisjoint((link.source, link.destination))

    def _link(self, source: str, destination: str) -> _Link[T]:
        ends = (source, destination)
        if ends not in self._links:
            self._links[ends] = _Link(source, destination)
        return self._links[ends]


def later(moment: float, known: float | None) -> float:
    """`moment`, or the next moment after `known` when that is not before it: a writer's own order holds."""
    return moment if known is None or known < moment else math.nextafter(known, math.inf)


def _statistics(link: _Link[T]) -> LinkStatistics:
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
