"""A run as its operator sees it: a live table in a terminal, quiet lines elsewhere, or one JSON object each.

All three are fed the same events, and none needs a terminal to be tested.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, TextIO

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from harness.terraform.adapter import ExitStatus
from harness.terraform.diagnostics import duration
from harness.terraform.progress_events import (
    Asking,
    Observer,
    ProgressEvent,
    ResourceProgress,
    RunEnded,
    RunStarted,
    Said,
    StackEnded,
    StackPlanned,
    StackStarted,
    StepStarted,
)

HEARTBEAT_SECONDS = 30.0
_GERUNDS = {"create": "creating", "update": "updating", "delete": "destroying", "read": "reading"}
_COLOURS = {ExitStatus.SUCCEEDED: "green", ExitStatus.INCOMPLETE: "yellow", ExitStatus.NOT_STARTED: "dim"}


@dataclass
class StackLine:
    """What is known of one stack. `under_way`: address -> what is done to it and since when."""

    name: str
    wave: int
    status: str = "waiting"
    step: str = ""
    started: float | None = None
    seconds: float | None = None
    done: int = 0
    planned: int = 0
    changes: str = ""
    ended: ExitStatus | None = None
    under_way: dict[str, tuple[str, float]] = field(default_factory=dict)

    def activity(self, now: float) -> str:
        """The resource that has been under way longest, and for how long."""
        if not self.under_way:
            return self.step if self.ended is None else ""
        address, (doing, since) = min(self.under_way.items(), key=lambda item: item[1][1])
        more = f" and {len(self.under_way) - 1} more" if len(self.under_way) > 1 else ""
        return f"{doing} {address} ({duration(now - since)}){more}"

    def elapsed(self, now: float) -> str:
        if self.started is None:
            return ""
        return duration(self.seconds if self.seconds is not None else now - self.started)


class RunView:
    """The state of a run, folded from its events. `now` gives seconds of a monotonic clock."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now = now
        self.verb = ""
        self.environment = ""
        self.target = ""
        self.started = now()
        self.lines: dict[str, StackLine] = {}

    def take(self, event: ProgressEvent) -> None:
        if isinstance(event, RunStarted):
            self.verb, self.environment, self.target = event.verb, event.environment, event.target
            self.started = self.now()
            self.lines = {name: StackLine(name, wave) for name, wave in event.stacks}
        elif isinstance(event, RunEnded):
            return
        elif line := self.lines.get(event.stack):
            _take(line, event, self.now())

    def waiting_for(self) -> str:
        """What a person who looks at a still screen wants to know."""
        active = [line for line in self.lines.values() if line.started is not None and line.ended is None]
        return "; ".join(f"{line.name}: {line.activity(self.now()) or 'starting'}" for line in active)

    def header(self) -> str:
        ended = sum(line.ended is not None for line in self.lines.values())
        elapsed = duration(self.now() - self.started)
        return f"{self.verb} {self.environment} on {self.target}: {ended}/{len(self.lines)} stacks, {elapsed}"


def _take(line: StackLine, event: ProgressEvent, now: float) -> None:
    if isinstance(event, StackStarted):
        line.started, line.status = now, "running"
    elif isinstance(event, StepStarted):
        line.step = event.step
    elif isinstance(event, StackPlanned):
        line.planned, line.changes = event.changes.total, str(event.changes)
    elif isinstance(event, ResourceProgress):
        change = event.event
        if change.phase == "start":
            line.under_way[change.address] = (_GERUNDS.get(change.action, change.action), now)
        else:
            line.under_way.pop(change.address, None)
            line.done += change.phase == "complete"
    elif isinstance(event, StackEnded):
        line.ended, line.status, line.seconds = event.status, event.status.value, event.seconds
        line.under_way.clear()


def live_table(view: RunView) -> Table:
    """One row per stack, in the order of waves."""
    table = Table("wave", "stack", "status", "changes", "now", "time", title=escape(view.header()), box=None)
    table.title_justify = "left"
    now = view.now()
    for line in view.lines.values():
        colour = _COLOURS.get(line.ended, "red") if line.ended else ("cyan" if line.started else "dim")
        counted = f"{line.done}/{line.planned}" if line.done and line.planned else line.changes
        cells = (escape(line.name), f"[{colour}]{line.status}[/{colour}]", escape(counted))
        table.add_row(str(line.wave), *cells, escape(line.activity(now)), line.elapsed(now))
    return table


@contextlib.contextmanager
def live_view(console: Console, now: Callable[[], float] = time.monotonic) -> Iterator[Observer]:
    """A table that redraws itself four times a second; what stacks say stays above it."""
    view = RunView(now)
    lock = threading.Lock()

    def render() -> Table:
        with lock:
            return live_table(view)

    with Live(get_renderable=render, console=console, refresh_per_second=4, transient=False) as live:

        def take(event: ProgressEvent) -> None:
            with lock:
                view.take(event)
            if isinstance(event, Asking):  # a table that redraws itself would wipe the question away
                live.start(refresh=True) if event.over else live.stop()
            elif isinstance(event, Said):
                live.console.print(f"{event.stack}: {event.text}", markup=False, highlight=False)
            elif isinstance(event, StackEnded) and event.message:
                live.console.print(event.message, markup=False, highlight=False)

        yield take


class LineWriter:
    """One line when a stack starts, one when it ends, and what it says in between."""

    def __init__(self, stream: TextIO, now: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._last = now()
        self.view = RunView(now)

    def take(self, event: ProgressEvent) -> None:
        with self._lock:
            self.view.take(event)
            if text := _line(event, self.view):
                self._write(text)

    def beat(self) -> None:
        """Say what is waited for, if nothing has been said for a while."""
        with self._lock:
            waiting = self.view.waiting_for()
            if waiting and self.view.now() - self._last >= HEARTBEAT_SECONDS:
                self._write(f"still at it after {duration(self.view.now() - self.view.started)}: {waiting}")

    def _write(self, text: str) -> None:
        self._stream.write(text + "\n")
        self._stream.flush()
        self._last = self.view.now()


def _line(event: ProgressEvent, view: RunView) -> str:
    if isinstance(event, RunStarted):
        return f"{event.verb} {event.environment} on {event.target}: {len(event.stacks)} stacks"
    if isinstance(event, StackStarted):
        return f"{event.stack}: {view.verb} (wave {view.lines[event.stack].wave})"
    if isinstance(event, Said):
        return f"{event.stack}: {event.text}"
    if isinstance(event, StackEnded):
        if event.status is ExitStatus.NOT_STARTED:
            return event.message
        text = f"{event.stack}: {event.status.value} in {event.seconds:.1f} s, {_done(event, view.verb)}"
        return f"{text}\n{event.message}" if event.message else text
    if isinstance(event, RunEnded):
        return f"{view.verb} {'succeeded' if event.succeeded else 'failed'} in {event.seconds:.1f} s"
    return ""


def _done(event: StackEnded, verb: str) -> str:
    """`3 to create` of a plan, `3 create` becomes `3 created` of an apply."""
    if verb == "plan":
        return str(event.changes)
    counts = (("create", "created"), ("update", "updated"), ("replace", "replaced"), ("destroy", "destroyed"))
    parts = [
        f"{len(getattr(event.changes, kind))} {done}" for kind, done in counts if getattr(event.changes, kind)
    ]
    return ", ".join(parts) or "nothing changed"


@contextlib.contextmanager
def line_view(stream: TextIO) -> Iterator[Observer]:
    """Lines, and a heartbeat from a thread of its own while nothing happens."""
    writer = LineWriter(stream)
    over = threading.Event()

    def beat() -> None:
        while not over.wait(1.0):
            writer.beat()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield writer.take
    finally:
        over.set()
        thread.join()


def json_line(event: ProgressEvent, *, at: datetime) -> str:
    """One event as JSON: `event` is its name, `at` when, the rest its fields."""
    return json.dumps(
        {"event": type(event).__name__, "at": at.isoformat(timespec="milliseconds"), **asdict(event)},
        default=_plain,
    )


def _plain(value: object) -> Any:
    return value.value if isinstance(value, ExitStatus) else str(value)


@contextlib.contextmanager
def json_view(stream: TextIO) -> Iterator[Observer]:
    lock = threading.Lock()

    def take(event: ProgressEvent) -> None:
        with lock:
            stream.write(json_line(event, at=datetime.now(UTC)) + "\n")
            stream.flush()

    yield take


@contextlib.contextmanager
def progress_view(stream: TextIO, *, as_json: bool = False) -> Iterator[Observer]:
    """The view that fits: JSON if asked for, live in a terminal that can redraw, lines otherwise.

    rich takes FORCE_COLOR for a terminal, and draws nothing until the end in a terminal without a cursor.
    """
    console = Console(file=stream)
    if as_json:
        chosen: contextlib.AbstractContextManager[Observer] = json_view(stream)
    elif stream.isatty() and not console.is_dumb_terminal:
        chosen = live_view(console)
    else:
        chosen = line_view(stream)
    with chosen as observe:

        def take(event: ProgressEvent) -> None:
            with contextlib.suppress(OSError):  # the terminal was closed: the run ends in its own way
                observe(event)

        yield take
