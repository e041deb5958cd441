"""Runs a drill and judges it: one run against what is applied in the sandbox."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from harness.drill.judge.ledger import Ledger
from harness.drill.judge.measure import Measurement, measure
from harness.drill.judge.recovery import Split, median_split, operation_splits, worst_split
from harness.drill.judge.verdict import Verdict, judge, precondition_failed
from harness.drill.run.ablation import without
from harness.drill.run.preflight import region_behind
from harness.drill.run.quiet import DRAIN_LIMIT, SETTLE_LIMIT
from harness.drill.run.script import Script
from harness.drill.scenario import Scenario
from harness.drill.subject import DrillError, Objectives, Subject
from harness.sandbox.sandbox import Sandbox


@dataclass(frozen=True)
class DrillResult:
    """One run. `measurement` is None when a precondition failed; splits are None when no client was affected.

    splits: of the worst client of each operation that any client missed.

    wall_seconds: what the run cost; model_seconds: what it simulated, settling included.
    """

    scenario: Scenario
    subject: Subject
    objectives: Objectives
    seed: int
    real_time: bool
    verdict: Verdict
    ledger: Ledger = field(repr=False)
    measurement: Measurement | None = None
    worst: Split | None = None
    median: Split | None = None
    splits: tuple[Split, ...] = ()
    wall_seconds: float = 0.0
    model_seconds: float = 0.0

    @property
    def exit_status(self) -> int:
        return self.verdict.exit_status

    @property
    def as_expected(self) -> bool:
        """Whether the verdict is the one that the scenario expects."""
        return self.verdict.status == self.expected

    @property
    def expected(self) -> str:
        return self.scenario.expected(self.subject)


def run_drill(
    sandbox: Sandbox,
    subject: Subject,
    scenario: Scenario,
    objectives: Objectives | None = None,
    seed: int = 0,
    *,
    real_time: bool = False,
) -> DrillResult:
    """One run against what is applied in the sandbox; faults are healed when it returns, whatever happens.

    A subject with slower objectives than usual is given more time than the scenario says.

    Raises DrillError when the scenario does not fit the subject, TimeoutError when it hangs.
    """
    if misfits := scenario.misfits(subject):
        raise DrillError(f"the scenario {scenario.name} does not fit: {'; '.join(misfits)}")
    region_behind(sandbox.addresses)
    scenario = scenario.stretched(subject)
    promised = objectives or subject.objectives
    wall, model = time.monotonic(), sandbox.clock.now()
    limit = 10 * (scenario.duration + SETTLE_LIMIT + DRAIN_LIMIT)
    with without(scenario.without, sandbox, subject) as subject:
        script = Script(sandbox, subject, scenario, seed=seed, real_time=real_time)
        problems, ledger = sandbox.run(script.run(), timeout=limit)
    result = conclude(subject, scenario, promised, ledger, seed=seed, real_time=real_time, problems=problems)
    return dataclasses.replace(
        result, wall_seconds=time.monotonic() - wall, model_seconds=sandbox.clock.now() - model
    )


def conclude(
    subject: Subject,
    scenario: Scenario,
    objectives: Objectives,
    ledger: Ledger,
    *,
    seed: int = 0,
    real_time: bool = False,
    problems: Sequence[str] = (),
) -> DrillResult:
    """The result that a ledger amounts to: pure, so that a written ledger can be judged again."""
    plain = DrillResult(scenario, subject, objectives, seed, real_time, precondition_failed(problems), ledger)
    if problems:
        return plain
    found = measure(ledger)
    splits = operation_splits(ledger, found)
    return dataclasses.replace(
        plain,
        verdict=judge(found, objectives, subject, splits=splits),
        measurement=found,
        worst=worst_split(ledger, found),
        median=median_split(ledger, found),
        splits=splits,
    )
