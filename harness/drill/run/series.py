"""Several runs of one scenario with different seeds, and what they add up to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.drill.judge.ledger import in_order
from harness.drill.judge.verdict import EXIT_STATUS, Status
from harness.drill.run.run import DrillResult, run_drill
from harness.drill.scenario import Scenario
from harness.drill.subject import Objectives, Subject
from harness.sandbox.sandbox import Sandbox

# What a series comes to when its runs differ, worst first: one miss is a miss.
_WORST_FIRST: tuple[Status, ...] = (
    "precondition-failed",
    "objectives-missed",
    "inconclusive",
    "objectives-met",
)


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over the runs: nearest-rank percentiles. Seconds, or a count; infinite = never."""

    name: str
    unit: str
    p50: float
    p95: float
    worst: float
    runs: int


@dataclass(frozen=True)
class DrillSeries:
    """The runs of a scenario, one per seed."""

    results: tuple[DrillResult, ...]

    @property
    def status(self) -> Status:
        found = {result.verdict.status for result in self.results}
        return next(status for status in _WORST_FIRST if status in found)

    @property
    def exit_status(self) -> int:
        return EXIT_STATUS[self.status]

    @property
    def as_expected(self) -> bool:
        return all(result.as_expected for result in self.results)

    @property
    def worst(self) -> DrillResult:
        """The run to look at: of the worst verdict, the one that took longest to recover."""

        def rank(result: DrillResult) -> tuple[int, float]:
            seconds = result.measurement.worst if result.measurement else math.inf
            return -_WORST_FIRST.index(result.verdict.status), seconds

        return max(self.results, key=rank)

    @property
    def spreads(self) -> tuple[Spread, ...]:
        """Recovery times per operation, loss, and errors over the runs that measured something."""
        return spreads(self.results)


def run_drills(
    sandbox: Sandbox,
    subject: Subject,
    scenario: Scenario,
    objectives: Objectives | None = None,
    *,
    seeds: Iterable[int],
) -> DrillSeries:
    """One run per seed on one applied estate. Raises ValueError without seeds, else as run_drill."""
    wanted = tuple(seeds)
    if not wanted:
        raise ValueError("seeds is empty; a series needs at least one")
    return DrillSeries(tuple(run_drill(sandbox, subject, scenario, objectives, seed) for seed in wanted))


def spreads(results: Sequence[DrillResult]) -> tuple[Spread, ...]:
    measured = [result.measurement for result in results if result.measurement is not None]
    found = []
    for operation in in_order(operation for each in measured for operation in each.operations):
        groups = [group for each in measured if (group := each.rto(operation)) is not None]
        found.append(spread(f"RTO {operation}, worst client", "s", [group.worst for group in groups]))
        found.append(spread(f"RTO {operation}, median client", "s", [group.median for group in groups]))
    for operation in in_order(loss.operation for each in measured for loss in each.losses):
        losses = [loss for each in measured for loss in each.losses if loss.operation == operation]
        name = "RPO" if operation == "write" else f"RPO {operation}"
        found.append(spread(f"{name}, age of the oldest lost write", "s", [each.age for each in losses]))
        found.append(spread(f"{name}, lost writes", "writes", [float(each.lost) for each in losses]))
    found.append(spread("failed requests", "requests", [float(each.outage.failed) for each in measured]))
    return tuple(each for each in found if each is not None)


def spread(name: str, unit: str, values: Sequence[float]) -> Spread | None:
    """p50, p95 and worst by nearest rank; None without values."""
    if not values:
        return None
    order = sorted(values)

    def rank(share: float) -> float:
        return order[max(0, math.ceil(share * len(order)) - 1)]

    return Spread(name, unit, rank(0.5), rank(0.95), order[-1], len(order))
