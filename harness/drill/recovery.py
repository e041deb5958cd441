"""Where the seconds went: one client's recovery split into detect, decide, shift and warm. Pure.

detect: fault -> the region's health check turns unhealthy.
decide: that -> the DNS location of the client's place answers with the region that will serve it.
shift:  that -> the client's first request there sets off: its cache had to run out, its tries to fail.
warm:   that -> the end of its first lasting success.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.drill.ledger import Ledger
from harness.drill.measure import Measurement, Recovery

StepName = Literal["detect", "decide", "shift", "warm"]
Kind = Literal["measured", "modelled"]
STEPS: tuple[StepName, ...] = ("detect", "decide", "shift", "warm")
# The name in delays.yaml of what `decide` waits for.
DECIDE_DELAY = "route53_status_propagation"
KIND_OF: dict[StepName, Kind] = {
    "detect": "measured",
    "decide": "modelled",
    "shift": "measured",
    "warm": "measured",
}
SOURCES: dict[StepName, str] = {
    "detect": "Real probes by 15 checkers at the applied interval and threshold; the number of checkers is "
    "inferred, their phases are drawn per seed.",
    "decide": "Watched through DNS, but the wait itself is drawn from delays.yaml.",
    "shift": "Real DNS caches, real requests.",
    "warm": "Real requests to functions whose workers were started before the drill: no cold start in it.",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a recovery. Seconds are model seconds."""

    name: StepName
    start: float
    seconds: float

    @property
    def kind(self) -> Kind:
        return KIND_OF[self.name]

    @property
    def source(self) -> str:
        return SOURCES[self.name]


@dataclass(frozen=True, slots=True)
class Split:
    """One client's recovery in steps that add up to its recovery time; or the reason why there are none."""

    client: str
    operation: str
    seconds: float
    steps: tuple[Step, ...] = ()
    reason: str = ""

    def step(self, name: StepName) -> Step | None:
        return next((step for step in self.steps if step.name == name), None)

    @property
    def modelled(self) -> float:
        return sum(step.seconds for step in self.steps if step.kind == "modelled")


def split(ledger: Ledger, measurement: Measurement, client: Recovery) -> Split:
    """The steps of one client's recovery."""
    told = (client.client, client.operation, client.seconds)
    if not client.affected:
        return Split(*told, reason="no request of this client failed")
    if client.at is None:
        return Split(*told, reason="this client never recovered")
    if client.served_by == measurement.serving_before:
        return Split(*told, reason=f"{client.served_by} served it again; no traffic had to shift")
    if measurement.flip_at is None:
        return Split(*told, reason="no health check of the region turned unhealthy")
    fault_at, region = measurement.fault_at, client.served_by
    arrived = min(
        (a.start for a in ledger.requests(client.operation)
         if a.client == client.client and a.dialled == region and fault_at <= a.start <= (client.at or 0)),
        default=client.at,
    )  # fmt: skip
    answered = min(
        (k.at for k in ledger.lookups
         if k.place == client.place and k.at >= measurement.flip_at and k.regions and region in k.regions
         and measurement.serving_before not in k.regions),
        default=arrived,
    )  # fmt: skip
    answered = min(answered, arrived)
    flipped = min(measurement.flip_at, answered)
    edges = (fault_at, flipped, answered, arrived, client.at)
    steps = tuple(Step(name, edges[n], edges[n + 1] - edges[n]) for n, name in enumerate(STEPS))
    return Split(*told, steps=steps)


def worst_split(ledger: Ledger, measurement: Measurement) -> Split | None:
    """The split of the judged client that took longest; None when no client was affected."""
    order = _by_recovery(measurement)
    return split(ledger, measurement, order[-1]) if order else None


def median_split(ledger: Ledger, measurement: Measurement) -> Split | None:
    """The split of the judged client in the middle (the later of two)."""
    order = _by_recovery(measurement)
    return split(ledger, measurement, order[len(order) // 2]) if order else None


def _by_recovery(measurement: Measurement) -> Sequence[Recovery]:
    judged = [r for r in measurement.recoveries if not r.overstays and r.affected]
    return sorted(judged, key=lambda r: (r.seconds, r.client, r.operation))


def longest(steps: Sequence[Step]) -> Step | None:
    """The step that took most of the time."""
    return max(steps, key=lambda step: step.seconds, default=None) if steps else None


def finite(seconds: float) -> float | None:
    """Seconds for a document that has no infinity: None means never."""
    return seconds if math.isfinite(seconds) else None
