"""A release as whoever watches it sees it: a live table in a terminal, lines elsewhere, or JSON lines."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TextIO

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table

from harness.terraform.diagnostics import duration


@dataclass(frozen=True)
class Started:
    """A deployment of one function in one region, from one version to another."""

    region: str
    function: str
    serving: str
    candidate: str
    deployment: str

    def __str__(self) -> str:
        return (
            f"{self.function} in {self.region}: version {self.serving} to {self.candidate}, "
            f"deployment {self.deployment}"
        )


@dataclass(frozen=True)
class Shifted:
    """So many percent of the requests go to the new version."""

    region: str
    function: str
    percent: int

    def __str__(self) -> str:
        return f"{self.function} in {self.region}: {self.percent} % of the requests go to the new version"


@dataclass(frozen=True)
class Ended:
    """A deployment is over; `why` says what went wrong."""

    region: str
    function: str
    status: str
    seconds: float
    why: str | None = None

    def __str__(self) -> str:
        return f"{self.function} in {self.region}: {self.status.lower()} after {duration(self.seconds)}"


@dataclass(frozen=True)
class Noted:
    """Something to be told beside the deployments."""

    text: str
    good: bool = True

    def __str__(self) -> str:
        return self.text


Event = Started | Shifted | Ended | Noted


@dataclass
class _Row:
    started: Started
    since: float
    percent: int = 0
    ended: Ended | None = None


@dataclass
class View:
    """What a table shows, folded from events. `now` gives seconds of a monotonic clock."""

    now: Callable[[], float] = time.monotonic
    rows: dict[tuple[str, str], _Row] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        if isinstance(event, Started):
            self.rows[event.region, event.function] = _Row(event, self.now())
        elif isinstance(event, Shifted | Ended) and (row := self.rows.get((event.region, event.function))):
            if isinstance(event, Shifted):
                row.percent = event.percent
            else:
                row.ended = event

    def table(self) -> Table:
        """One row per deployment, in the order in which they began."""
        found = Table("region", "function", "version", "status", "new version", "", "time", box=None)
        for row in self.rows.values():
            status = row.ended.status if row.ended else "InProgress"
            colour = {"Succeeded": "green", "InProgress": "cyan"}.get(status, "red")
            seconds = row.ended.seconds if row.ended else self.now() - row.since
            found.add_row(
                escape(row.started.region),
                escape(row.started.function),
                f"{row.started.serving} to {row.started.candidate}",
                f"[{colour}]{status.lower()}[/{colour}]",
                ProgressBar(total=100, completed=row.percent, width=20),
                f"{row.percent} %",
                duration(seconds),
            )
        return found


@contextlib.contextmanager
def progress(*, as_json: bool, stream: TextIO | None = None) -> Iterator[Callable[[Event], None]]:
    """The view that fits: JSON on standard output if asked for, else live or in lines on standard error."""
    if as_json:
        yield lambda event: print(json_line(event, at=datetime.now(UTC)), file=stream, flush=True)
        return
    console = Console(file=stream or sys.stderr, highlight=False)
    if not console.is_terminal:
        yield lambda event: print(event, file=console.file, flush=True)
        return
    view = View()
    with Live(get_renderable=view.table, console=console, refresh_per_second=4) as live:

        def take(event: Event) -> None:
            view.take(event)
            if isinstance(event, Noted):
                live.console.print(str(event), style="" if event.good else "red", markup=False)

        yield take


def json_line(event: Event, *, at: datetime) -> str:
    """One event as JSON: `event` is its name, `at` when, the rest its fields."""
    told = {"event": type(event).__name__, "at": at.isoformat(timespec="milliseconds"), **asdict(event)}
    return json.dumps(told)
