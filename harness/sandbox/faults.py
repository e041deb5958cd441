"""What can be broken in the sandbox: faults as data, and the registry of those in force.

A fault only says which requests it touches and how; the server carries it out. Every request that a fault
touched is counted, so that a drill can prove that the fault was really there.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

from harness.sandbox.aws_facts import home_of, service_name
from harness.sandbox.requests.classify import Call

Mode = Literal["refuse", "hang", "503"]
MODES: tuple[str, ...] = get_args(Mode)


class FaultError(ValueError):
    """A fault that makes no sense; the message names the key, the value and what is allowed."""


def _check_text(kind: str, key: str, value: object) -> None:
    if not isinstance(value, str) or not value:
        raise FaultError(
            f"{kind}: {key} is {value!r}; it must be a name such as "
            f"{'dynamodb' if key == 'service' else 'us-east-1'}"
        )


def _check_mode(kind: str, mode: object) -> None:
    if mode not in MODES:
        raise FaultError(f"{kind}: mode is {mode!r}; it must be one of {', '.join(MODES)}")


def _check_number(kind: str, key: str, value: object, *, low: float, high: float | None) -> None:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value < math.inf
    if not fits or (high is not None and float(value) > high):  # type: ignore[arg-type]
        allowed = (
            f"a number from {low:g} to {high:g}" if high is not None else f"a number of at least {low:g}"
        )
        raise FaultError(f"{kind}: {key} is {value!r}; it must be {allowed}")


@dataclass(frozen=True)
class RegionDark:
    """Every request into the region fails: its data planes, its control planes, and the control planes of
    the global services that are homed there.

    refuse: the connection is reset. hang: it is accepted and never answered. 503: it is answered at once.
    Requests in flight lose their answer in every mode, although what they wrote may be stored.
    """

    kind: ClassVar[str] = "region-dark"
    region: str
    mode: Mode = "refuse"

    def __post_init__(self) -> None:
        _check_text(self.kind, "region", self.region)
        _check_mode(self.kind, self.mode)

    def touches(self, call: Call) -> bool:
        return call.region == self.region


@dataclass(frozen=True)
class ServiceDown:
    """One service in one region fails, control and data plane alike."""

    kind: ClassVar[str] = "service-down"
    region: str
    service: str
    mode: Mode = "503"

    def __post_init__(self) -> None:
        _check_text(self.kind, "region", self.region)
        _check_text(self.kind, "service", self.service)
        _check_mode(self.kind, self.mode)
        home = home_of(service_name(self.service))
        if home is not None and home != self.region:
            raise FaultError(
                f"{self.kind}: region is {self.region!r}; the control plane of {self.service} "
                f"runs in {home} alone"
            )

    def touches(self, call: Call) -> bool:
        return call.region == self.region and call.service == service_name(self.service)


@dataclass(frozen=True)
class ControlPlanesDown:
    """Nothing in the region can be created, changed, described or deleted; what runs there goes on."""

    kind: ClassVar[str] = "control-planes-down"
    region: str
    mode: Mode = "503"

    def __post_init__(self) -> None:
        _check_text(self.kind, "region", self.region)
        _check_mode(self.kind, self.mode)

    def touches(self, call: Call) -> bool:
        return call.region == self.region and call.plane == "control"


@dataclass(frozen=True)
class GrayFailure:
    """Requests that enter the region from outside fail by chance (answer 500) and take longer.

    error_share: 0 to 1. added_seconds: model seconds, added to each. service: when given, the calls to that
    service in the region suffer instead, those of the region's own functions included.
    """

    kind: ClassVar[str] = "gray-failure"
    region: str
    error_share: float = 0.0
    added_seconds: float = 0.0
    service: str | None = None

    def __post_init__(self) -> None:
        _check_text(self.kind, "region", self.region)
        _check_number(self.kind, "error_share", self.error_share, low=0.0, high=1.0)
        _check_number(self.kind, "added_seconds", self.added_seconds, low=0.0, high=None)
        if self.service is not None:
            _check_text(self.kind, "service", self.service)
        if not self.error_share and not self.added_seconds:
            raise FaultError(
                f"{self.kind}: error_share and added_seconds are both 0; at least one must be more"
            )

    def touches(self, call: Call) -> bool:
        if call.region != self.region:
            return False
        if self.service is not None:
            return call.service == service_name(self.service)
        return call.decided_by != "signature"


@dataclass(frozen=True)
class ReplicationCut:
    """Changes made in `source` do not reach `destination` until the cut is healed; requests go on."""

    kind: ClassVar[str] = "replication-cut"
    source: str
    destination: str
    both_ways: bool = False

    def __post_init__(self) -> None:
        _check_text(self.kind, "source", self.source)
        _check_text(self.kind, "destination", self.destination)
        if not isinstance(self.both_ways, bool):
            raise FaultError(f"{self.kind}: both_ways is {self.both_ways!r}; it must be true or false")
        if self.source == self.destination:
            raise FaultError(
                f"{self.kind}: source and destination are both {self.source!r}; they must differ"
            )

    def links(self) -> list[tuple[str, str]]:
        """The (source, destination) pairs that are cut."""
        there = (self.source, self.destination)
        return [there, there[::-1]] if self.both_ways else [there]

    def touches(self, call: Call) -> bool:
        return False


@dataclass(frozen=True)
class RegionPartition:
    """Two regions cannot talk to each other, although clients and everybody else reach both.

    Calls that functions of one region make to the other fail in `mode` (packets that are dropped hang), and
    nothing is replicated between them either way.
    """

    kind: ClassVar[str] = "region-partition"
    region: str
    other: str
    mode: Mode = "hang"

    def __post_init__(self) -> None:
        _check_text(self.kind, "region", self.region)
        _check_text(self.kind, "other", self.other)
        _check_mode(self.kind, self.mode)
        if self.region == self.other:
            raise FaultError(f"{self.kind}: region and other are both {self.region!r}; they must differ")

    def links(self) -> list[tuple[str, str]]:
        """The (source, destination) pairs that are cut."""
        return [(self.region, self.other), (self.other, self.region)]

    def touches(self, call: Call) -> bool:
        return call.source != call.region and {call.source, call.region} == {self.region, self.other}


Fault = RegionDark | ServiceDown | ControlPlanesDown | GrayFailure | ReplicationCut | RegionPartition
KINDS: Mapping[str, type[Fault]] = {
    fault.kind: fault
    for fault in (RegionDark, ServiceDown, ControlPlanesDown, GrayFailure, ReplicationCut, RegionPartition)
}


def cut_links(fault: Fault) -> list[tuple[str, str]]:
    """The (source, destination) pairs between which `fault` holds replication back, none for most faults."""
    return fault.links() if isinstance(fault, ReplicationCut | RegionPartition) else []


def to_fault(mapping: Mapping[str, Any]) -> Fault:
    """The fault that a scenario describes: its `kind`, and that kind's fields by name.

    >>> to_fault({"kind": "region-dark", "region": "us-east-1", "mode": "hang"})
    RegionDark(region='us-east-1', mode='hang')

    Raises FaultError, naming the key, the value found and what is allowed.
    """
    fields = dict(mapping)
    kind = fields.pop("kind", None)
    fault = KINDS.get(kind) if isinstance(kind, str) else None
    if fault is None:
        raise FaultError(f"kind is {kind!r}; it must be one of {', '.join(KINDS)}")
    known = {field.name: field for field in dataclasses.fields(fault)}
    for key in fields:
        if key not in known:
            raise FaultError(f"{kind}: {key!r} is not a key of this fault; its keys are {', '.join(known)}")
    for name, field in known.items():
        if name not in fields and field.default is dataclasses.MISSING:
            raise FaultError(f"{kind}: {name} is missing; it must be given")
    if isinstance(fields.get("mode"), int):
        fields["mode"] = str(fields["mode"])  # YAML reads an unquoted 503 as a number
    return fault(**fields)


@dataclass(frozen=True)
class Effect:
    """What the server must do to one request: wait `added_seconds`, then refuse it in `mode` (if any)."""

    mode: Mode | Literal["500"] | None
    added_seconds: float = 0.0


Listener = Callable[[int, Fault], None]


class Faults:
    """The faults in force. Every method may be called from any thread."""

    def __init__(self, *, seed: int = 0, held_back: Callable[[Fault], int] = lambda fault: 0) -> None:
        """seed: decides whom a gray failure hits. held_back: how many writes a cut holds at the moment."""
        self._seed = seed
        self._held_back = held_back
        self._lock = threading.Lock()
        self._ids = itertools.count(1)
        self._active: dict[int, Fault] = {}
        self._hits: dict[int, int] = {}
        self._chance: dict[int, random.Random] = {}
        self._on_inject: list[Listener] = []
        self._on_heal: list[Listener] = []

    def subscribe(self, *, on_inject: Listener, on_heal: Listener) -> None:
        """Be told of every fault after it takes effect and after it ends, on the thread that caused it."""
        self._on_inject.append(on_inject)
        self._on_heal.append(on_heal)

    def inject(self, fault: Fault) -> int:
        """Put `fault` in force; the number returned names it to `heal` and `hits`."""
        with self._lock:
            number = next(self._ids)
            self._active = {**self._active, number: fault}
            self._hits[number] = 0
            self._chance[number] = random.Random(f"{self._seed}/{number}")
        for listener in self._on_inject:
            listener(number, fault)
        return number

    def heal(self, number: int) -> None:
        """End the fault numbered `number`; one that has ended already stays ended. KeyError if unknown."""
        with self._lock:
            if number not in self._hits:
                raise KeyError(f"no fault has the number {number}; there were {sorted(self._hits)}")
            active = dict(self._active)
            fault = active.pop(number, None)
            self._active = active
        if fault is not None:
            for listener in self._on_heal:
                listener(number, fault)

    def heal_all(self) -> None:
        for number in list(self._active):
            self.heal(number)

    def active(self) -> dict[int, Fault]:
        """The faults in force, by number, oldest first."""
        return dict(self._active)

    def dark(self) -> frozenset[str]:
        """The regions that are dark."""
        return frozenset(fault.region for fault in self._active.values() if isinstance(fault, RegionDark))

    def cut(self) -> frozenset[tuple[str, str]]:
        """The (source, destination) pairs between which replication is held back."""
        return frozenset(link for fault in self._active.values() for link in cut_links(fault))

    def silent(self) -> frozenset[str]:
        """The regions that are dark without a sign: nothing comes back from them."""
        active = self._active.values()
        return frozenset(f.region for f in active if isinstance(f, RegionDark) and f.mode == "hang")

    def hits(self, number: int) -> int:
        """How many requests the fault refused, failed or delayed (for a cut: changes held back) so far."""
        with self._lock:
            hits, fault = self._hits[number], self._active.get(number)
        return hits + (self._held_back(fault) if fault is not None else 0)

    def count(self, number: int, hits: int = 1) -> None:
        """Record that the fault numbered `number` touched `hits` more requests or changes."""
        with self._lock:
            self._hits[number] += hits

    def judge(self, call: Call) -> Effect | None:
        """The effect of the faults on a call, counted as a hit; None when no fault touches it.

        The oldest fault that refuses wins; delays add up.
        """
        if not self._active:
            return None
        seconds, touched = 0.0, False
        with self._lock:
            for number, fault in self._active.items():
                if not fault.touches(call):
                    continue
                touched = True
                self._hits[number] += 1
                if isinstance(fault, GrayFailure):
                    seconds += fault.added_seconds
                    if self._chance[number].random() < fault.error_share:
                        return Effect(mode="500", added_seconds=seconds)
                elif not isinstance(fault, ReplicationCut):
                    return Effect(mode=fault.mode, added_seconds=seconds)
        return Effect(mode=None, added_seconds=seconds) if touched else None
