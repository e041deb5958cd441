"""A drill's JSON report as a card: per flow how long it was out, how much of that is modelled, and what it
lost."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.terminal import REFUSED, FatalError

SCHEMA = "antipode.drill/1"
REPORT = "drill.json"


class ScorecardError(FatalError):
    """The reports cannot be made into a scorecard; the message names the file and what to do."""

    status = REFUSED


@dataclass(frozen=True)
class Outage:
    """One operation over all seeds. Seconds; infinite = never. `modelled` of `worst` were drawn, not
    measured.

    slowest: the slowest good answer while the fault lasted.
    """

    operation: str
    worst: float
    median: float
    slowest: float
    modelled: float
    allowed: float

    @property
    def measured(self) -> float:
        return self.worst - self.modelled

    @property
    def met(self) -> bool:
        return self.worst <= self.allowed


@dataclass(frozen=True)
class Loss:
    """Acknowledged writes that were lost, over all seeds: how many of how many, and the oldest one's age."""

    lost: int
    asked: int
    age: float
    allowed: float


@dataclass(frozen=True)
class FlowCard:
    """One flow. `write` and `loss` are None for one that is only read; all are None when nothing was
    measured."""

    name: str
    store: str
    read: Outage | None
    write: Outage | None
    loss: Loss | None


@dataclass(frozen=True)
class Card:
    """One report: an environment under one scenario, `seeds` times."""

    environment: str
    entry: str
    routing: str
    regions: int
    scenario: str
    description: str
    status: str
    expected: str
    sentence: str
    planned: bool
    seeds: int
    flows: tuple[FlowCard, ...]

    @property
    def as_expected(self) -> bool:
        return self.status == self.expected

    @property
    def shows(self) -> bool:
        """Whether its figures mean anything: those of an inconclusive drill do not."""
        return self.status in ("objectives-met", "objectives-missed")

    @property
    def worst_read(self) -> float | None:
        """The longest outage of any flow's reads; None when nothing was measured."""
        return max((flow.read.worst for flow in self.flows if flow.read), default=None)

    @property
    def worst_write(self) -> float | None:
        return max((flow.write.worst for flow in self.flows if flow.write), default=None)

    @property
    def oldest_loss(self) -> float | None:
        return max((flow.loss.age for flow in self.flows if flow.loss), default=None)


def read_cards(folder: Path) -> list[Card]:
    """The cards of every drill.json below `folder`, by path. Raises ScorecardError for none, or an
    unreadable."""
    files = sorted(folder.rglob(REPORT))
    if not files:
        raise ScorecardError(f"{folder}: there is no report ({REPORT}) in it; run `make drill` first")
    return [_read(file) for file in files]


def _read(file: Path) -> Card:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if found.get("schema") != SCHEMA:
            raise ScorecardError(
                f"{file}: schema is {found.get('schema')!r}; it must be {SCHEMA!r}: run that drill again"
            )
        return card_of(found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"{type(error).__name__}: {error}"
        raise ScorecardError(f"{file}: not a drill's report ({why}): run that drill again") from error


def card_of(report: Mapping[str, Any]) -> Card:
    """The card of one report. Raises KeyError or TypeError for what is not one."""
    subject, scenario, verdict = report["subject"], report["scenario"], report["verdict"]
    runs = [run for run in report["runs"] if run["measurement"] is not None]
    flows = subject["flows"]
    return Card(
        environment=report["environment"],
        entry=subject["entry"],
        routing=subject["routing"],
        regions=len(subject["regions"]),
        scenario=scenario["name"],
        description=scenario["description"],
        status=verdict["status"],
        expected=verdict["expected"],
        sentence=verdict["sentence"],
        planned=not scenario["faults"],
        seeds=len(report["runs"]),
        flows=tuple(_flow(each, each is flows[0], runs, report["objectives"]) for each in flows),
    )


def _flow(
    flow: Mapping[str, Any], first: bool, runs: Sequence[Mapping[str, Any]], objectives: Mapping[str, Any]
) -> FlowCard:
    def named(doing: str) -> str:
        return doing if first else f"{doing} {flow['name']}"

    rto = objectives["rto"] if flow["rto"] is None else flow["rto"]
    rpo = objectives["rpo"] if flow["rpo"] is None else flow["rpo"]
    return FlowCard(
        name=flow["name"],
        store=flow["store"],
        read=_outage(named("read"), runs, rto),
        write=_outage(named("write"), runs, rto),
        loss=_loss(named("write"), runs, rpo),
    )


def _outage(operation: str, runs: Sequence[Mapping[str, Any]], allowed: float) -> Outage | None:
    groups = [
        (group, run)
        for run in runs
        for group in run["measurement"]["judged"]
        if group["operation"] == operation
    ]
    if not groups:
        return None
    group, run = max(groups, key=lambda pair: seconds_of(pair[0]["worst"]))
    return Outage(
        operation=operation,
        worst=seconds_of(group["worst"]),
        median=max(seconds_of(each["median"]) for each, _ in groups),
        slowest=max(seconds_of(each["slowest"]) for each, _ in groups),
        modelled=modelled_of(run, operation),
        allowed=allowed,
    )


def _loss(operation: str, runs: Sequence[Mapping[str, Any]], allowed: float) -> Loss | None:
    losses = [loss for run in runs for loss in run["measurement"]["losses"] if loss["operation"] == operation]
    if not losses:
        return None
    return Loss(
        lost=sum(each["lost"] for each in losses),
        asked=sum(each["asked"] for each in losses),
        age=max(each["age"] for each in losses),
        allowed=allowed,
    )


def modelled_of(run: Mapping[str, Any], operation: str) -> float:
    """Of the seconds of the operation's worst client in one run, those that were drawn."""
    return sum(float(each["modelled"]) for each in run["operations"] if each["operation"] == operation)


def seconds_of(value: float | None) -> float:
    """What the report wrote: null stands for never."""
    return math.inf if value is None else value


# Faults in the order in which people ask about them; others follow by name.
_ORDER = (
    "region-refuse region-hang region-503 standby-refuse standby-hang standby-503",
    "service-apigateway service-dynamodb service-aurora service-s3",
    "replication-cut replication-cut-healed control-planes-us-east-1 gray-errors gray-latency",
    "flapping partition partition-isolated region-lost-and-back failback switchover",
    "origin-group-alone world",
)


def scenarios_of(cards: Iterable[Card]) -> list[str]:
    """Each scenario once, in the scorecard's order."""
    rank = {name: place for place, name in enumerate(" ".join(_ORDER).split())}
    return sorted({card.scenario for card in cards}, key=lambda name: (rank.get(name, len(rank)), name))


def environments_of(cards: Iterable[Card]) -> list[str]:
    return sorted({card.environment for card in cards})
