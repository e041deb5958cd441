"""Whether the virtual clock tells the truth: the same scenario and seed, once virtual and once in real time.

Both draw the same phases and delays, so that they differ only by what the machine does meanwhile, and by
where in its cycle each client happens to be: a request of one client falls a little earlier or later.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.drill.run.run import DrillResult, run_drill
from harness.drill.scenario import Scenario
from harness.drill.subject import DrillError, Objectives, Subject
from harness.sandbox.sandbox import Sandbox

# One client period and one TTL's worth of jitter; far below what is judged.
TOLERANCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """One figure, both ways, in model seconds."""

    name: str
    virtual: float
    real: float
    tolerance: float

    @property
    def agrees(self) -> bool:
        if math.isinf(self.virtual) or math.isinf(self.real):
            return self.virtual == self.real
        return abs(self.virtual - self.real) <= self.tolerance


@dataclass(frozen=True)
class Agreement:
    comparisons: tuple[Comparison, ...]
    same_verdict: bool

    @property
    def agrees(self) -> bool:
        return self.same_verdict and all(each.agrees for each in self.comparisons)

    def __str__(self) -> str:
        lines = [
            f"{each.name}: virtual {each.virtual:.1f} s, real {each.real:.1f} s "
            f"({'within' if each.agrees else 'NOT within'} {each.tolerance:g} s)"
            for each in self.comparisons
        ]
        verdicts = "the same verdict" if self.same_verdict else "DIFFERENT verdicts"
        return "\n".join([*lines, verdicts])


def compare(virtual: DrillResult, real: DrillResult, *, tolerance: float = TOLERANCE_SECONDS) -> Agreement:
    """Whether two runs agree. Raises DrillError when one of them measured nothing."""
    here, there = virtual.measurement, real.measurement
    if here is None or there is None:
        raise DrillError("a run measured nothing, so there is nothing to compare")
    found = []
    if here.flip_at is not None and there.flip_at is not None:
        detect = here.flip_at - here.fault_at, there.flip_at - there.fault_at
        found.append(Comparison("detection", *detect, tolerance))
    for operation in here.operations:
        one, other = here.rto(operation), there.rto(operation)
        if one is not None and other is not None:
            found.append(Comparison(f"RTO {operation}, median client", one.median, other.median, tolerance))
            found.append(Comparison(f"RTO {operation}, worst client", one.worst, other.worst, tolerance))
    found.append(Comparison("RPO, age of the oldest lost write", here.loss.age, there.loss.age, tolerance))
    return Agreement(tuple(found), virtual.verdict.status == real.verdict.status)


def cross_check(
    sandbox: Sandbox,
    subject: Subject,
    scenario: Scenario,
    objectives: Objectives | None = None,
    seed: int = 0,
    *,
    tolerance: float = TOLERANCE_SECONDS,
) -> tuple[DrillResult, DrillResult, Agreement]:
    """The scenario run both ways (in real time it takes as long as it says), and whether they agree."""
    virtual = run_drill(sandbox, subject, scenario, objectives, seed)
    real = run_drill(sandbox, subject, scenario, objectives, seed, real_time=True)
    return virtual, real, compare(virtual, real, tolerance=tolerance)
