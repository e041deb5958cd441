"""The faults of one run: put in force, healed and counted, those that come and go included."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from harness.drill.judge.ledger import FaultMark
from harness.drill.scenario import FaultEntry
from harness.drill.subject import Subject
from harness.sandbox.faults import Fault, Faults, ReplicationCut


@dataclass(frozen=True, slots=True)
class Change:
    """At `moment` the fault of that index begins, or ends; `last` when it ends for good."""

    moment: float
    begins: bool
    index: int
    last: bool = False


class Injection:
    """The scenario's faults in the subject's own regions. Raises DrillError for a region that is not
    there."""

    def __init__(self, faults: Faults, entries: Sequence[FaultEntry], subject: Subject) -> None:
        self._registry = faults
        self._entries = entries
        self.faults: tuple[Fault, ...] = tuple(entry.fault(subject) for entry in entries)
        self._numbers: dict[int, list[int]] = {}
        self._marks: dict[int, FaultMark] = {}

    def changes(self) -> list[Change]:
        """What happens when, in order; what ends at a moment does so before anything begins."""
        found = []
        for index, entry in enumerate(self._entries):
            for n, (start, end) in enumerate(entry.pulses, start=1):
                found.append(Change(start, True, index))
                if end is not None:
                    found.append(Change(end, False, index, last=n == len(entry.pulses)))
        return sorted(found, key=lambda change: (change.moment, change.begins, change.index))

    def takes_requests(self, index: int) -> bool:
        return self._marks[index].takes_requests

    def begin(self, index: int, at: float) -> None:
        """Put the fault in force; a mark tells when it first was."""
        fault = self.faults[index]
        self._numbers.setdefault(index, []).append(self._registry.inject(fault))
        if index not in self._marks:
            kind = self._entries[index].kind
            self._marks[index] = FaultMark(kind, described(fault), at, region=struck(fault))
        if self._entries[index].every is not None:
            self._replace(index, pulses=(*self._marks[index].pulses, (at, at)))

    def end(self, index: int, at: float, *, last: bool) -> None:
        """Heal the fault, for good when `last`."""
        before = self._hits(index)
        self._registry.heal(self._numbers[index][-1])
        pulses = self._marks[index].pulses
        if pulses:
            self._replace(index, pulses=(*pulses[:-1], (pulses[-1][0], at)))
        self._replace(index, hits=max(before, self._hits(index)), healed=at if last else None)

    def marks(self) -> list[FaultMark]:
        """The faults so far, in the order in which they came; those still in force with their hits so far."""
        for index, mark in self._marks.items():
            if mark.healed is None:
                self._replace(index, hits=max(mark.hits, self._hits(index)))
        return list(self._marks.values())

    def _hits(self, index: int) -> int:
        return sum(self._registry.hits(number) for number in self._numbers[index])

    def _replace(self, index: int, **changes: object) -> None:
        self._marks[index] = dataclasses.replace(self._marks[index], **changes)  # type: ignore[arg-type]


def described(fault: Fault) -> str:
    """`region-dark us-east-1 refuse`: the fault's kind and settings, in the order of its fields."""
    values = [str(value) for value in dataclasses.asdict(fault).values() if value not in (None, False)]
    return " ".join([fault.kind, *values])


def struck(fault: Fault) -> str:
    """The region in which the fault is: of a cut, the one that nothing comes from any more."""
    return fault.source if isinstance(fault, ReplicationCut) else fault.region
