"""The replication between two regions' clusters: a proxy that every byte of the write-ahead log goes through.

The standby connects to the link's Unix socket instead of the writer's. What the writer sends is stamped with
model time when it arrives here, travels for a drawn lag, and is handed on. While the link is held (a cut, or
a dark region at either end) nothing arrives. A link that is severed forgets what it holds: the writer
committed it, and no other region will ever have it.

Source of the rule: Amazon Aurora User Guide, "Using Amazon Aurora global databases": replication by storage
is asynchronous, "with latency typically under a second".
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from harness.sandbox.services.rds.aurora import wire
from harness.sandbox.services.rds.aurora.postgres import SOCKET
from harness.sandbox.world.clock import Clock, Timer

_CHUNK = 1 << 16


class _Chunk(NamedTuple):
    data: bytes
    moment: float
    due: float
    changes: int
    lag: float


class Link:
    """From the writer's server to one standby's. All methods belong to the clock's loop.

    `lag()` draws the model seconds that a piece of the log travels. `held()` says whether nothing may pass at
    the moment; call `wake` when that may have changed.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        folder: Path,
        writer: Path,
        lag: Callable[[], float],
        held: Callable[[], bool],
    ) -> None:
        self.lag = lag
        self.folder = folder
        self.shipped = 0
        self.last_lag = 0.0
        self._clock = clock
        self._writer = writer
        self._held = held
        self._was_held = False
        self._held_since: float | None = None
        self._queue: deque[_Chunk] = deque()
        self._waiting = 0
        self._outlet: asyncio.StreamWriter | None = None
        self._timer: Timer | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._released = asyncio.Event()
        self._progress = asyncio.Event()

    async def open(self) -> None:
        """Listen for the standby."""
        self.folder.mkdir(mode=0o755, exist_ok=True)
        path = self.folder / SOCKET
        self._server = await asyncio.start_unix_server(self._begin, str(path))
        os.chmod(path, 0o777)

    async def sever(self) -> None:
        """End the replication for good; what is on its way is lost."""
        self._cancel_timer()
        self._clear()
        if self._server is not None:
            self._server.close()
            self._server = None
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        (self.folder / SOCKET).unlink(missing_ok=True)
        self._progress.set()

    @property
    def pending(self) -> int:
        """How many pieces of the log wait to arrive. May be read from any thread."""
        return self._waiting

    @property
    def oldest(self) -> float | None:
        """When the first piece that waits was written, in model time; None when nothing waits."""
        return self._queue[0].moment if self._queue else None

    @property
    def waits(self) -> bool:
        """Whether a piece of the log is on its way, or nothing may pass: what comes next takes model time."""
        return self._timer is not None or self._held()

    def lag_now(self) -> float:
        """How far the standby is behind, in model seconds; while the link is held, since when."""
        waited = self._clock.now() - self._held_since if self._held_since is not None else 0.0
        behind = self._clock.now() - self.oldest if self.oldest is not None else 0.0
        return max(self.last_lag, waited, behind if self._held() else 0.0)

    def unsent_for(self) -> float:
        """For how long the oldest change that the standby lacks has been committed, in model seconds; when it
        lacks none, how long the last one travelled."""
        return self._clock.now() - self.oldest if self.oldest is not None else self.last_lag

    def wake(self) -> None:
        """Look again whether anything may pass."""
        if self._held():
            if self._held_since is None:
                self._held_since = self._clock.now()
            self._was_held = True
            self._released.clear()
            self._cancel_timer()
            return
        self._held_since = None
        self._released.set()
        if self._was_held:
            self._was_held = False
            self._set_off_anew()
        self._advance()

    async def shipped_up_to(self, position: int, *, wall_seconds: float) -> bool:
        """Whether the writer's log has reached the link up to `position` within `wall_seconds`."""
        try:
            async with asyncio.timeout(wall_seconds):
                while self.shipped < position:
                    if self._server is None or self._outlet is None:
                        return False
                    self._progress.clear()
                    await self._progress.wait()
        except TimeoutError:
            return False
        return True

    # One connection of the standby

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # a task of our own, because asyncio reports those that it makes as failed when they are cancelled
        task = asyncio.get_running_loop().create_task(self._accept(reader, writer), name="replication")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError):
                await self._serve(reader, writer)
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.wake()
        await self._released.wait()
        above, below = await asyncio.open_unix_connection(str(self._writer / SOCKET))
        self._clear()
        self._outlet = writer
        try:
            up = asyncio.create_task(self._pass_up(reader, below))
            down = asyncio.create_task(self._pass_down(above))
            try:
                await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (up, down):
                    task.cancel()
                await asyncio.wait({up, down})
        finally:
            self._outlet = None
            below.close()
            self._progress.set()

    async def _pass_up(self, reader: asyncio.StreamReader, below: asyncio.StreamWriter) -> None:
        """What the standby says: it starts the replication, and reports how far it has come."""
        while data := await reader.read(_CHUNK):
            await self._released.wait()
            below.write(data)

    async def _pass_down(self, above: asyncio.StreamReader) -> None:
        """What the writer says: answers at once, and the log, each piece of it after its lag."""
        messages = wire.Messages()
        copying = False
        while data := await above.read(_CHUNK):
            changes = 0
            for kind, body in messages.feed(data):
                copying = copying or kind == b"W"
                reached = wire.shipped_to(body) if kind == b"d" else None
                if reached is not None:
                    changes += 1
                    self.shipped = max(self.shipped, reached)
            self._progress.set()
            self._put(data, changes, lag=max(0.0, self.lag()) if copying else 0.0)

    def _put(self, data: bytes, changes: int, *, lag: float) -> None:
        now = self._clock.now()
        due = max(now + lag, self._queue[-1].due if self._queue else now)
        self._queue.append(_Chunk(data, now, due, changes, lag))
        self._waiting += changes
        self._advance()

    def _advance(self) -> None:
        """Hand on what is due, and set the timer for what is not."""
        self._cancel_timer()
        if self._held():
            if self._held_since is None:
                self._held_since = self._clock.now()
            self._was_held = True
            return
        while self._queue and self._outlet is not None:
            chunk = self._queue[0]
            if chunk.due > self._clock.now():
                self._timer = self._clock.call_at(chunk.due, self._advance)
                return
            self._queue.popleft()
            self._waiting -= chunk.changes
            self.last_lag = chunk.lag
            with contextlib.suppress(OSError):
                self._outlet.write(chunk.data)

    def _set_off_anew(self) -> None:
        """What waited on the held link starts now and arrives together, one lag later."""
        if self._queue:
            arrival = self._clock.now() + max(0.0, self.lag())
            self._queue = deque(chunk._replace(due=max(chunk.due, arrival)) for chunk in self._queue)

    def _clear(self) -> None:
        self._queue.clear()
        self._waiting = 0

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
