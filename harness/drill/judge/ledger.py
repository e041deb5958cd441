"""The clients' ledger: every attempt, every DNS answer, and when faults came and went.

A drill is judged from this alone, never from the emulator's internals. All times are model seconds since
the load began.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

# What clients do: "read" and "write" of the environment's first flow, "read orders", "write orders" of
# others.
Operation = str
# What the drill does itself: calls to a control plane, and asking for what was written.
CONTROL, READBACK = "control", "readback"
# ok: 2xx and the function's own answer. missing: the function says that it does not have an acknowledged
# write. stale: it has another value. http: any other status. wrong-body: 2xx, but not the function's answer.
Outcome = Literal["ok", "missing", "stale", "http", "refused", "timeout", "wrong-body", "no-address"]

ANSWERED: frozenset[str] = frozenset({"ok", "missing", "stale"})
WATCHER = "watcher"
# Faults that no client's request runs into: they show only in what follows from them.
UNSEEN_BY_CLIENTS = frozenset({"replication-cut", "region-partition"})


def is_write(operation: Operation) -> bool:
    return operation.partition(" ")[0] == "write"


def in_order(operations: Iterable[Operation]) -> list[Operation]:
    """Each once: the first flow's read and write, then the others' by name, reads before writes."""

    def rank(operation: Operation) -> tuple[bool, str, bool]:
        _, _, flow = operation.partition(" ")
        return bool(flow), flow, is_write(operation)

    return sorted(set(operations), key=rank)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request. `item` and `key` are the write's unique id and its Idempotency-Key, the same for each of
    its tries; `number` is what x-antipode-request carried; `dialled` the region whose address was dialled,
    None behind a CDN; `cache` is what a CDN said of its cache (X-Cache)."""

    number: int
    start: float
    end: float
    client: str
    place: str
    operation: Operation
    outcome: Outcome
    item: str = ""
    key: str = ""
    status: int | None = None
    served_by: str | None = None
    address: str | None = None
    dialled: str | None = None
    tries: int = 1
    detail: str = ""
    cache: str = ""

    @property
    def ok(self) -> bool:
        return self.outcome == "ok"

    @property
    def failed(self) -> bool:
        """Whether the client got no answer from the service; a missing item is a loss, not an outage."""
        return self.outcome not in ANSWERED


@dataclass(frozen=True, slots=True)
class Lookup:
    """One DNS answer. `regions` are those behind `addresses`, `ttl` the least along the chain in seconds."""

    at: float
    client: str
    place: str
    addresses: tuple[str, ...]
    regions: tuple[str, ...]
    ttl: float
    error: str = ""


@dataclass(frozen=True, slots=True)
class FaultMark:
    """A fault in the drill: when it came, when it was healed for good, how many requests it touched.

    region: the region that it struck. pulses: from when to when it was in force, of one that comes and goes.
    """

    kind: str
    description: str
    at: float
    healed: float | None = None
    hits: int = 0
    region: str | None = None
    pulses: tuple[tuple[float, float], ...] = ()

    @property
    def takes_requests(self) -> bool:
        """Whether clients notice it; a cut of replication only shows when a region is lost."""
        return self.kind not in UNSEEN_BY_CLIENTS


@dataclass(frozen=True, slots=True)
class Command:
    """What the drill told the failover controller to do, and what it said to it."""

    at: float
    name: str
    to: str
    allowed: bool
    answered: float
    reasons: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        return f"{self.name} to {self.to}"


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the failover controller's own log. phase: acquired, promoting, promoted, admitted and so
    on."""

    at: float
    region: str
    phase: str
    epoch: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A wait inside AWS that the sandbox drew from delays.yaml, under its name there."""

    at: float
    until: float
    delay: str
    region: str


@dataclass(frozen=True, slots=True)
class Flip:
    """A health check changed its status, as records see it."""

    at: float
    region: str
    healthy: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Backlog:
    """Acknowledged writes that wait to be replicated; shown in the report, never judged."""

    at: float
    pending: int


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What came of asking for one acknowledged write: through the surviving region after recovery
    (phase "recovered"), or in a region after healing (phase "healed")."""

    phase: Literal["recovered", "healed"]
    region: str
    item: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Kept:
    """A write that only the kept data of a lost region's database has, as the controller reports it."""

    item: str
    region: str


@dataclass
class Ledger:
    """`overstaying` names the clients that keep DNS answers too long; `lagging` the operations that read a
    store whose replication takes longer than a write is left to settle: not finding one there is no fault."""

    environment: str = ""
    overstaying: frozenset[str] = frozenset()
    lagging: frozenset[Operation] = frozenset()
    ended: float = 0.0
    attempts: list[Attempt] = field(default_factory=list)
    lookups: list[Lookup] = field(default_factory=list)
    faults: list[FaultMark] = field(default_factory=list)
    flips: list[Flip] = field(default_factory=list)
    backlog: list[Backlog] = field(default_factory=list)
    readbacks: list[ReadBack] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    drawn: list[Drawn] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)

    def requests(self, *operations: Operation) -> Iterator[Attempt]:
        """The attempts of these operations (all that clients do when none is named), as they started."""
        found = (
            a
            for a in self.attempts
            if (a.operation in operations if operations else a.operation not in (CONTROL, READBACK))
        )
        yield from sorted(found, key=lambda a: (a.start, a.number))

    @property
    def operations(self) -> list[Operation]:
        """What clients did, in order."""
        return in_order(a.operation for a in self.attempts if a.operation not in (CONTROL, READBACK))

    def acknowledged(self) -> dict[str, Attempt]:
        """For each write that was acknowledged, by its id, the first attempt that was."""
        found: dict[str, Attempt] = {}
        for attempt in sorted(self.attempts, key=lambda a: (a.end, a.number)):
            if is_write(attempt.operation) and attempt.ok:
                found.setdefault(attempt.item, attempt)
        return found

    @property
    def fault_at(self) -> float | None:
        """The moment from which recovery is timed: the first fault that takes requests, else the first;
        without a fault, the first command to the controller."""
        if self.first_fault is not None:
            return self.first_fault.at
        return min((command.at for command in self.commands), default=None)

    @property
    def first_fault(self) -> FaultMark | None:
        """The first fault that takes requests, else the first."""
        marks = sorted(self.faults, key=lambda mark: (not mark.takes_requests, mark.at))
        return marks[0] if marks else None

    @property
    def healed_at(self) -> float | None:
        """When the last fault was healed; None while any is in force."""
        moments = [mark.healed for mark in self.faults]
        known = [moment for moment in moments if moment is not None]
        return max(known) if known and len(known) == len(moments) else None

    @property
    def window_end(self) -> float:
        """Until when recovery is judged: the first healing of a fault, else the end of the load."""
        healed = [mark.healed for mark in self.faults if mark.healed is not None and mark.takes_requests]
        return min([*healed, self.ended])


_KINDS: dict[str, type[Any]] = {
    "attempts": Attempt,
    "lookups": Lookup,
    "faults": FaultMark,
    "flips": Flip,
    "backlog": Backlog,
    "readbacks": ReadBack,
    "commands": Command,
    "events": Event,
    "drawn": Drawn,
    "kept": Kept,
}
T = TypeVar("T")


def lines(ledger: Ledger) -> Iterator[str]:
    """The ledger as JSON lines: a head, then one line per entry with its `list`."""
    head = {
        "list": "head",
        "environment": ledger.environment,
        "ended": ledger.ended,
        "overstaying": sorted(ledger.overstaying),
        "lagging": sorted(ledger.lagging),
    }
    yield json.dumps(head)
    for name in _KINDS:
        for entry in getattr(ledger, name):
            yield json.dumps({"list": name, **dataclasses.asdict(entry)})


def write(ledger: Ledger, file: Path) -> None:
    file.write_text("".join(line + "\n" for line in lines(ledger)), encoding="utf-8")


def parse(text: Iterable[str]) -> Ledger:
    """The ledger of these JSON lines. Raises KeyError or TypeError for lines that `lines` did not write."""
    ledger = Ledger()
    for line in text:
        entry = json.loads(line)
        name = entry.pop("list")
        if name == "head":
            ledger.environment, ledger.ended = entry["environment"], entry["ended"]
            ledger.overstaying = frozenset(entry["overstaying"])
            ledger.lagging = frozenset(entry.get("lagging", ()))
        else:
            fields = {key: _tuples(value) for key, value in entry.items()}
            getattr(ledger, name).append(_KINDS[name](**fields))
    return ledger


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
