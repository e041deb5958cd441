"""Model time: wall speed while anything real is in flight, a jump to the next timer when nothing is.

A drill lasts minutes of model time, most of it waiting for intervals and caches to run out. Scaling a
clock distorts whatever takes real time (a cold start of 0.2 s becomes ten model seconds), so this clock
never scales: it runs at wall speed while a participant is working or a request is in flight, and skips
ahead only when every participant is asleep or waits for a request that is known to hang.

All methods belong to one event loop; only `now` may be called from other threads.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, TypeVar

T = TypeVar("T")


class Timer:
    """A callback that is due at a moment of model time; `cancel` may be called at any time."""

    __slots__ = ("callback", "cancelled", "due")

    def __init__(self, *, due: float, callback: Callable[[], None]) -> None:
        self.due = due
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Clock:
    """Seconds of model time since the clock was made.

    A *participant* is a task started by `spawn`: it counts as busy except while it is inside `sleep` or
    `idle`. Inside `jumping()` time leaps to the next timer whenever nobody is busy; outside it, model
    seconds are wall seconds.
    """

    def __init__(self) -> None:
        self._origin = time.monotonic()
        self._offset = 0.0
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._jumping = False
        self._busy = 0
        self._participants: set[asyncio.Task[Any]] = set()
        self._parked: set[int] = set()
        self._answered: set[int] = set()
        self._wake: asyncio.Event | None = None
        self._driver: asyncio.Task[None] | None = None

    def now(self) -> float:
        """Model seconds since the start."""
        return time.monotonic() - self._origin + self._offset

    @property
    def skipped(self) -> float:
        """Model seconds that were jumped over instead of waited for."""
        return self._offset

    @contextlib.contextmanager
    def jumping(self) -> Iterator[None]:
        """Let time leap over waits for as long as the block runs."""
        self._jumping = True
        self._poke()
        try:
            yield
        finally:
            self._jumping = False
            self._poke()

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` once, `seconds` of model time from now (at once when not positive)."""
        return self.call_at(self.now() + max(0.0, seconds), callback)

    def call_at(self, moment: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` once when model time reaches `moment`."""
        timer = Timer(due=moment, callback=callback)
        heapq.heappush(self._timers, (moment, next(self._order), timer))
        self._poke()
        return timer

    async def sleep(self, seconds: float, *, request: int | None = None) -> None:
        """Wait `seconds` of model time.

        Called by a participant, it stops counting as busy. Called by a server on behalf of the request
        numbered `request`, that request counts as parked, so that injected latency costs no wall time.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        participant = asyncio.current_task() in self._participants

        def fire() -> None:
            if not done.done():
                self._resume(participant=participant, request=request)
                done.set_result(None)

        timer = self.call_later(seconds, fire)
        self._pause(participant=participant, request=request)
        try:
            await done
        except asyncio.CancelledError:
            timer.cancel()
            if not done.done() or done.cancelled():
                self._resume(participant=participant, request=request)
            raise

    def spawn(self, coroutine: Coroutine[Any, Any, T], *, name: str | None = None) -> asyncio.Task[T]:
        """Start a participant: time cannot leap while it works."""
        self._busy += 1
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._participants.add(task)
        task.add_done_callback(self._finished)
        self._poke()
        return task

    @contextlib.contextmanager
    def idle(self) -> Iterator[None]:
        """A participant waits here for another one, and does not hold up time meanwhile."""
        self._pause(participant=True, request=None)
        try:
            yield
        finally:
            self._resume(participant=True, request=None)

    async def wait_for(self, awaitable: Awaitable[T], seconds: float, *, request: int | None = None) -> T:
        """The result of `awaitable`, or TimeoutError after `seconds` of model time.

        `request` is the number that the HTTP request carries: if a fault parks it, the wait costs no wall
        time, and time stands still again from the moment the wait is over.
        """
        task = asyncio.ensure_future(awaitable)
        expired = False

        def expire() -> None:
            nonlocal expired
            expired = True
            if request is not None:
                self._answer(request)
            task.cancel()

        timer = self.call_later(seconds, expire)
        try:
            return await task
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            # a caller that is cancelled at the very moment when its time is up is cancelled all the same
            if expired and not (caller is not None and caller.cancelling()):
                raise TimeoutError(f"no answer within {seconds:g} s") from None
            task.cancel()
            raise
        finally:
            timer.cancel()
            if request is not None:
                self._answer(request)

    def park(self, request: int) -> None:
        """The request numbered `request` is known to hang: its caller no longer holds up time."""
        if request not in self._answered:
            self._parked.add(request)
            self._poke()

    def unpark(self, request: int) -> None:
        """The request goes on: its caller holds up time again."""
        self._parked.discard(request)

    def _answer(self, request: int) -> None:
        self._parked.discard(request)
        self._answered.add(request)

    def _pause(self, *, participant: bool, request: int | None) -> None:
        if participant:
            self._busy -= 1
            self._poke()
        elif request is not None:
            self.park(request)

    def _resume(self, *, participant: bool, request: int | None) -> None:
        if participant:
            self._busy += 1
        elif request is not None:
            self.unpark(request)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._participants.discard(task)
        self._busy -= 1
        self._poke()

    def _poke(self) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        if self._driver is None or self._driver.done() or self._driver.get_loop() is not loop:
            self._wake = asyncio.Event()
            self._driver = loop.create_task(self._drive(), name="clock")
        assert self._wake is not None
        self._wake.set()

    async def _drive(self) -> None:
        wake = self._wake
        assert wake is not None
        while True:
            wake.clear()
            self._fire_due()
            await asyncio.sleep(0)
            if not self._timers:
                await wake.wait()
                continue
            ahead = self._timers[0][0] - self.now()
            if ahead <= 0:
                continue
            if self._jumping and self._busy - len(self._parked) <= 0:
                self._offset += ahead
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(ahead):
                    await wake.wait()

    def _fire_due(self) -> None:
        now = self.now()
        while self._timers and self._timers[0][0] <= now:
            _, _, timer = heapq.heappop(self._timers)
            if not timer.cancelled:
                timer.callback()
