"""What the drills of an environment measured last, per operation, to be set beside a prediction."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from generator import hosts
from generator.manifest import Manifest
from generator.recovery.predictions import Way
from generator.recovery.requests import Doing, Kind, Operation
from harness.scorecard.card import (
    REPORT,
    SCHEMA,
    Card,
    FlowCard,
    ScorecardError,
    card_of,
    modelled_of,
    seconds_of,
)

# The shipped scenario that loses the serving region in each way.
SCENARIOS: Mapping[Way, str] = {"refused": "region-refuse", "silent": "region-hang", "503": "region-503"}
# What a drill's flow calls the store of each kind of operation.
FLOWS: Mapping[Kind, str] = {
    "table": "table",
    "bucket": "objects",
    "database": "database",
    "static": "static",
}


@dataclass(frozen=True)
class Figure:
    """One operation over all seeds that showed something. Seconds; infinite = never.

    usual: the median over seeds of the worst client; measured: the same without what was drawn; worst: the
    worst seed's. `modelled` of the worst were drawn. age, lost, asked: of acknowledged writes that were lost,
    None for reads; age the median over seeds, oldest the worst.
    """

    usual: float
    measured: float
    worst: float
    modelled: float
    slowest: float
    age: float | None = None
    oldest: float | None = None
    lost: int | None = None
    asked: int | None = None


@dataclass(frozen=True)
class Drilled:
    """One report: when it was written, and `differs`: settings that the environment no longer has."""

    file: Path
    at: datetime
    card: Card
    report: Mapping[str, Any]
    differs: tuple[str, ...]

    @property
    def shows(self) -> bool:
        """Whether its figures speak of the environment as it is."""
        return self.card.shows and not self.differs

    def figure(self, operation: Operation) -> Figure | None:
        """What it measured of one operation; None when its clients did not do that."""
        store = FLOWS.get(operation.kind)
        found = (each for each in self.card.flows if (each.name, each.store) == (operation.store, store))
        flow = next(found, None)
        return None if flow is None else _figure(flow, operation.doing, self._runs)

    @property
    def _runs(self) -> list[Mapping[str, Any]]:
        return [run for run in self.report["runs"] if run["measurement"] is not None]


def last_drill(manifest: Manifest, folder: Path, way: Way, *, changed: datetime) -> Drilled | None:
    """The newest report of a way of losing the region; `folder` holds the environment's reports, one folder
    per scenario, `changed` is when its manifest was. Raises ScorecardError for a file that is no report."""
    file = folder / SCENARIOS[way] / REPORT
    if not file.is_file():
        return None
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
        if report["schema"] != SCHEMA:
            raise ScorecardError(f"{file}: schema is {report['schema']!r}, not {SCHEMA!r}: run it again")
        at = datetime.fromtimestamp(file.stat().st_mtime, tz=UTC)
        differs = _differences(manifest, report)
        if changed > at:
            differs += (f"manifest.yaml was changed at {changed:%Y-%m-%d %H:%M} UTC, after the drill",)
        return Drilled(file, at, card_of(report), report, differs)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"{type(error).__name__}: {error}"
        raise ScorecardError(f"{file}: not a drill's report ({why}): run that drill again") from error


def _differences(manifest: Manifest, report: Mapping[str, Any]) -> tuple[str, ...]:
    """`ttl was 60, is 10`: what the drilled environment had that the manifest no longer says."""
    subject, objectives = report["subject"], manifest.objectives
    pairs = {
        "entry host": (subject["entry_host"], hosts.entry(manifest)),
        "entry": (subject["entry"], manifest.edge.entry),
        "routing": (subject["routing"], manifest.routing),
        "ttl": (subject["ttl"], manifest.edge.ttl),
        "regions": ([each["name"] for each in subject["regions"]], list(manifest.regions)),
        "rto": (report["objectives"]["rto"], objectives.rto),
        "rpo": (report["objectives"]["rpo"], objectives.rpo),
    }
    return tuple(f"{name} was {was}, is {now}" for name, (was, now) in pairs.items() if was != now)


def _figure(flow: FlowCard, doing: Doing, runs: Sequence[Mapping[str, Any]]) -> Figure | None:
    outage = flow.read if doing == "read" else flow.write
    if outage is None:
        return None
    worst = [
        (seconds_of(each["worst"]), modelled_of(run, outage.operation))
        for run in runs
        for each in run["measurement"]["judged"]
        if each["operation"] == outage.operation
    ]
    found = Figure(
        usual=statistics.median(seconds for seconds, _ in worst),
        measured=statistics.median(seconds - modelled for seconds, modelled in worst),
        worst=outage.worst,
        modelled=outage.modelled,
        slowest=outage.slowest,
    )
    if doing == "read" or flow.loss is None:
        return found
    ages = [
        each["age"]
        for run in runs
        for each in run["measurement"]["losses"]
        if each["operation"] == outage.operation
    ]
    return dataclasses.replace(
        found,
        age=statistics.median(ages),
        oldest=flow.loss.age,
        lost=flow.loss.lost,
        asked=flow.loss.asked,
    )
