"""Where the seconds went: one client's recovery split into detect, promote, decide, shift and warm. Pure.

detect:  fault -> health checks say where to go: the struck region's has turned unhealthy and, where a region
         is healthy only once it may serve, the next one's has turned healthy.
promote: -> the failover controller has admitted the region that serves: lease, promotion of the database,
         fence.
decide:  -> the DNS location of the client's place answers with that region.
shift:   -> the client's first request there sets off: caches had to run out, tries to fail.
warm:    -> the end of its first lasting success.

Some of these go on at the same time: what DNS does while the controller is still promoting costs nothing,
and the other way round. Each step shown has the time from the end of the one before it, so that the parts add
up; a step that something slower hid is not shown.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.drill.judge.ledger import Drawn, Ledger
from harness.drill.judge.measure import Measurement, Recovery
from harness.drill.judge.traffic import flip_at

StepName = Literal["detect", "promote", "decide", "shift", "warm"]
Kind = Literal["measured", "modelled", "both"]
STEPS: tuple[StepName, ...] = ("detect", "promote", "decide", "shift", "warm")
# The names in delays.yaml of what `decide` waits for, and of the longest part of `promote`: a region that is
# lost is failed over, one whose controller still lives is switched over.
DECIDE_DELAY = "route53_status_propagation"
PROMOTE_DELAY = "aurora_promotion"
SWITCHOVER_DELAY = "aurora_switchover"
ADMITTED = "admitted"
SOURCES: dict[StepName, str] = {
    "detect": "Real probes by 15 checkers at the applied interval and threshold; the number of checkers is "
    "inferred, their phases are drawn per seed.",
    "promote": "The controller's own log: lease, agreement, fence and looking whether AWS is done are "
    "measured; how long AWS takes to promote a database is drawn from delays.yaml.",
    "decide": "Watched through DNS, but the wait itself is drawn from delays.yaml.",
    "shift": "Real DNS caches, real requests.",
    "warm": "Real requests to functions whose workers were started before the drill: no cold start in it.",
}


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a recovery. Seconds are model seconds; `modelled` of them were drawn, not measured."""

    name: StepName
    start: float
    seconds: float
    modelled: float = 0.0

    @property
    def kind(self) -> Kind:
        if not self.modelled:
            return "measured"
        return "modelled" if self.modelled >= self.seconds else "both"

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
        return sum(step.modelled for step in self.steps)


def split(ledger: Ledger, measurement: Measurement, client: Recovery) -> Split:
    """The steps of one client's recovery."""
    told = (client.client, client.operation, client.seconds)
    region, before = client.served_by, client.before or measurement.serving_before
    if not client.affected:
        return Split(*told, reason="no request of this client failed")
    if client.at is None:
        return Split(*told, reason="this client never recovered")
    admitted = _phase(ledger, ADMITTED, measurement.fault_at, client.at)
    if region is None or (region == before and admitted is None):
        return Split(*told, reason=f"{region or 'the CDN'} served it again; no traffic had to shift")
    flipped = flip_at(ledger, before, measurement.fault_at)
    if flipped is None and admitted is None:
        return Split(*told, reason="no health check of the region turned unhealthy")
    if flipped is not None and flipped > client.at and admitted is None:
        return Split(*told, reason="the CDN asked its other origin, before any health check had turned")
    moments: dict[StepName, float] = {"warm": client.at}
    if flipped is not None:
        moments["detect"] = max(flipped, _turned_healthy(ledger, region, measurement.fault_at, client.at))
    if admitted is not None:
        moments["promote"] = admitted
    moments["shift"] = _arrived(ledger, client, measurement.fault_at)
    if flipped is not None:
        moments["decide"] = min(_answered(ledger, client, before, moments["detect"]), moments["shift"])
        if admitted is None:
            moments["detect"] = min(moments["detect"], moments["decide"])
    moments = _longest(moments, admitted)
    return Split(*told, steps=_steps(moments, measurement.fault_at, client.at, ledger.drawn))


def _longest(moments: dict[StepName, float], admitted: float | None) -> dict[StepName, float]:
    """Of what DNS and the controller did at the same time, the one that ended last: the other cost nothing.
    A region that turns healthy only once it is admitted has both, one after the other."""
    later: dict[StepName, float] = {
        name: moment for name, moment in moments.items() if admitted is None or moment >= admitted
    }
    if "decide" in later and "detect" not in later:
        return {name: moment for name, moment in moments.items() if name != "promote"}
    return later


def _steps(
    moments: dict[StepName, float], start: float, end: float, drawn: Sequence[Drawn]
) -> tuple[Step, ...]:
    """One step per moment, each from the one before it; moments outside start and end are moved there."""
    order = sorted(moments, key=lambda name: (min(max(moments[name], start), end), STEPS.index(name)))
    steps, at = [], start
    for name in order:
        moment = min(max(moments[name], at), end)
        seconds = moment - at
        modelled = seconds if name == "decide" else 0.0
        if name == "promote":
            waits = (wait for wait in drawn if wait.delay in (PROMOTE_DELAY, SWITCHOVER_DELAY))
            modelled = sum(max(0.0, min(moment, wait.until) - max(at, wait.at)) for wait in waits)
        steps.append(Step(name, at, seconds, min(modelled, seconds)))
        at = moment
    return tuple(steps)


def _phase(ledger: Ledger, phase: str, since: float, until: float) -> float | None:
    """The last moment between the two at which the controller logged that phase."""
    return max((e.at for e in ledger.events if e.phase == phase and since <= e.at <= until), default=None)


def _turned_healthy(ledger: Ledger, region: str, since: float, until: float) -> float:
    """When the region that serves in the end turned healthy, if it was not when the fault came."""
    flips = [f for f in ledger.flips if f.region == region]
    earlier = [f for f in flips if f.at < since]
    if not earlier or earlier[-1].healthy:
        return -math.inf
    return max((f.at for f in flips if f.healthy and since <= f.at <= until), default=-math.inf)


def _arrived(ledger: Ledger, client: Recovery, fault_at: float) -> float:
    """When the client's first request set off for the region that serves it in the end. Behind a CDN it is
    the first one that this region answered, since nobody sees where the others went."""
    assert client.at is not None
    return min(
        (a.start for a in ledger.requests(client.operation)
         if a.client == client.client and fault_at <= a.start <= client.at
         and client.served_by in ((a.dialled,) if a.dialled else (a.served_by,))),
        default=client.at,
    )  # fmt: skip


def _answered(ledger: Ledger, client: Recovery, before: str | None, since: float) -> float:
    """When DNS, asked where the client is, first named the region that serves and not the one that did."""
    return min(
        (k.at for k in ledger.lookups
         if k.place == client.place and k.at >= since and client.served_by in k.regions
         and before not in k.regions),
        default=math.inf,
    )  # fmt: skip


def worst_split(ledger: Ledger, measurement: Measurement) -> Split | None:
    """The split of the judged client that took longest; None when no client was affected."""
    order = _by_recovery(measurement)
    return split(ledger, measurement, order[-1]) if order else None


def operation_splits(ledger: Ledger, measurement: Measurement) -> tuple[Split, ...]:
    """The split of the slowest judged client of every operation that any client missed, in their order."""
    order = _by_recovery(measurement)
    slowest = {client.operation: client for client in order}
    return tuple(
        split(ledger, measurement, slowest[operation])
        for operation in measurement.operations
        if operation in slowest
    )


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
