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

Operation = Literal["read", "write", "control", "readback"]
# ok: 2xx and the function's own answer. missing: the function says that it does not have an acknowledged
# write. stale: it has another value. http: any other status. wrong-body: 2xx, but not the function's answer.
Outcome = Literal["ok", "missing", "stale", "http", "refused", "timeout", "wrong-body", "no-address"]

ANSWERED: frozenset[str] = frozenset({"ok", "missing", "stale"})
WATCHER = "watcher"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request. `item` and `key` are the write's unique id and its Idempotency-Key, the same for each of
    its tries; `number` is what x-antipode-request carried."""

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
    """A fault in the drill: when it came, when it was healed, how many requests it touched."""

    kind: str
    description: str
    at: float
    healed: float | None = None
    hits: int = 0

    @property
    def takes_requests(self) -> bool:
        """Whether clients notice it; a cut of replication only shows when a region is lost."""
        return self.kind != "replication-cut"


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


@dataclass
class Ledger:
    """`overstaying` names the clients that keep DNS answers too long."""

    environment: str = ""
    overstaying: frozenset[str] = frozenset()
    ended: float = 0.0
    attempts: list[Attempt] = field(default_factory=list)
    lookups: list[Lookup] = field(default_factory=list)
    faults: list[FaultMark] = field(default_factory=list)
    flips: list[Flip] = field(default_factory=list)
    backlog: list[Backlog] = field(default_factory=list)
    readbacks: list[ReadBack] = field(default_factory=list)

    def requests(self, *operations: Operation) -> Iterator[Attempt]:
        """The clients' attempts of these operations (read and write when none is named), as they started."""
        wanted = operations or ("read", "write")
        yield from sorted(
            (a for a in self.attempts if a.operation in wanted), key=lambda a: (a.start, a.number)
        )

    def acknowledged(self) -> dict[str, Attempt]:
        """For each write that was acknowledged, by its id, the first attempt that was."""
        found: dict[str, Attempt] = {}
        for attempt in sorted(self.attempts, key=lambda a: (a.end, a.number)):
            if attempt.operation == "write" and attempt.ok:
                found.setdefault(attempt.item, attempt)
        return found

    @property
    def fault_at(self) -> float | None:
        """The moment from which recovery is timed: the first fault that takes requests, else the first."""
        marks = sorted(self.faults, key=lambda mark: (not mark.takes_requests, mark.at))
        return marks[0].at if marks else None

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
}
T = TypeVar("T")


def lines(ledger: Ledger) -> Iterator[str]:
    """The ledger as JSON lines: a head, then one line per entry with its `list`."""
    head = {
        "list": "head",
        "environment": ledger.environment,
        "ended": ledger.ended,
        "overstaying": sorted(ledger.overstaying),
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
        else:
            fields = {key: tuple(v) if isinstance(v, list) else v for key, v in entry.items()}
            getattr(ledger, name).append(_KINDS[name](**fields))
    return ledger
