"""The drill: real requests, a real fault, and a verdict that rests on what the clients saw."""

from __future__ import annotations

from harness.drill.run.run import DrillResult, run_drill
from harness.drill.run.series import DrillSeries, run_drills
from harness.drill.scenario import Scenario, find_scenario, shipped
from harness.drill.subject import DrillError, Objectives, Subject, SubjectRegion

__all__ = [
    "DrillError",
    "DrillResult",
    "DrillSeries",
    "Objectives",
    "Scenario",
    "Subject",
    "SubjectRegion",
    "find_scenario",
    "run_drill",
    "run_drills",
    "shipped",
]
