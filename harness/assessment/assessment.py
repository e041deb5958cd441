"""The assessment of an environment: what is predicted, what was measured, what there is only one of.

Pure but for the reports that it reads. `assessment_report` lays it out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from generator.manifest.problems import InputRefused
from generator.recovery.budget import Refusal, refusals
from generator.recovery.predictions import WAYS, Exposure, Prediction, Way, exposure, prediction
from generator.recovery.requests import operations
from generator.recovery.single_points import SinglePoint, single_points
from harness.assessment.measured import SCENARIOS, Drilled, Figure, last_drill
from harness.environments import Environment
from harness.scorecard.card import ScorecardError

# How far a usual prediction may be from the median of what was measured.
AGREEMENT = 0.2

Judgement = Literal["met", "missed", "above the prediction", "not measured"]
Verdict = Literal["refused", "missed", "met and measured", "met by design, not measured"]


@dataclass(frozen=True)
class Line:
    """One operation under one way of being lost: prediction, and what the last valid drill measured."""

    prediction: Prediction
    exposure: Exposure | None
    figure: Figure | None

    @property
    def judgement(self) -> Judgement:
        """What the drill says: the objective first, then whether the worst case held."""
        if self.figure is None:
            return "not measured"
        lost = self.exposure is not None and (self.figure.oldest or 0) > self.exposure.objective
        if self.figure.worst > self.prediction.objective or lost:
            return "missed"
        # a client's step of a second on the other side of a boundary is no contradiction
        return "met" if self.figure.worst <= self.prediction.worst else "above the prediction"

    @property
    def off(self) -> float | None:
        """How far the usual recovery as measured is from the predicted one, as a share of the larger, both
        without what a drill draws and so cannot confirm; None when nothing was measured."""
        if self.figure is None:
            return None
        return apart(self.prediction.measurable, self.figure.measured)


def apart(one: float, other: float) -> float:
    """How far two durations are apart, as a share of the larger: 0 the same, 1 one of them is 0 or never."""
    if one == other:
        return 0.0
    if math.isinf(one) or math.isinf(other):
        return 1.0
    return abs(one - other) / max(one, other)


@dataclass(frozen=True)
class Assessment:
    """Everything that a reviewer signs. `drills` are the newest reports, also those that no longer count."""

    environment: Environment
    lines: tuple[Line, ...]
    drills: Mapping[Way, Drilled]
    single_points: tuple[SinglePoint, ...]
    refusals: tuple[Refusal, ...]

    @property
    def verdict(self) -> Verdict:
        if self.refusals:
            return "refused"
        judged = {line.judgement for line in self.lines}
        if "missed" in judged:
            return "missed"
        return "met and measured" if judged <= {"met"} and judged else "met by design, not measured"

    @property
    def sentence(self) -> str:
        """The verdict in words, with what is left to do."""
        name = self.environment.name
        if self.verdict == "refused":
            return "An objective lies below what this design can reach; see the refusals."
        if self.verdict == "missed":
            missed = ", ".join(
                f"{line.prediction.operation.name} ({line.prediction.way})"
                for line in self.lines
                if line.judgement == "missed"
            )
            return f"The last drill missed the objectives of {missed}."
        if self.verdict == "met and measured":
            return "Every objective holds at the worst case, and the last drills confirm every line."
        undone = [way for way in WAYS if way not in self.drills or not self.drills[way].shows]
        if undone:
            scenarios = " ".join(SCENARIOS[way] for way in undone)
            return (
                "Every objective holds at the worst case; not everything has been measured: run "
                f'`make drill ENV={name} SCENARIO="{scenarios}" SEEDS=5`.'
            )
        above = [line for line in self.lines if line.judgement == "above the prediction"]
        return (
            f"Every objective holds; {len(above)} lines were measured above their predicted worst case, and "
            f"{sum(line.judgement == 'not measured' for line in self.lines)} have no drill that judges them."
        )


def assess(environment: Environment, reports: Path) -> Assessment:
    """Predict, and read the newest drills below `reports`. Raises InputRefused for an unreadable report."""
    manifest = environment.manifest
    folder = reports / environment.name.replace("/", "-")
    changed = datetime.fromtimestamp((environment.folder / "manifest.yaml").stat().st_mtime, tz=UTC)
    try:
        drills = {
            way: found
            for way in WAYS
            if (found := last_drill(manifest, folder, way, changed=changed)) is not None
        }
    except ScorecardError as error:
        raise InputRefused([str(error)]) from error
    lines = [
        Line(
            prediction(manifest, operation, way),
            exposure(manifest, operation),
            drills[way].figure(operation) if way in drills and drills[way].shows else None,
        )
        for operation in (operations(manifest) if manifest.compute.api else ())
        for way in WAYS
    ]
    return Assessment(
        environment,
        tuple(lines),
        drills,
        single_points(manifest, environment.stacks),
        refusals(manifest),
    )
