"""Figures to compare a drill with: those that others publish, and our own goals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from harness.scorecard.card import Card, FlowCard, Outage

Figure = Literal["rto", "rpo", "slowest", "system"]
GoalFigure = Literal["rto", "slowest", "rto-measured", "lost"]
Doing = Literal["read", "write"]
_HERE = Path(__file__).parent


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class When(_Part):
    """Conditions that must all hold; a key that is left out holds always."""

    entry: tuple[str, ...] = ()
    store: tuple[str, ...] = ()
    doing: tuple[Doing, ...] = ()
    scenario: tuple[str, ...] = ()

    def holds(self, card: Card, flow: FlowCard, doing: Doing) -> bool:
        """Whether they hold for one operation of a card; a read of a flow counts by its entry and store."""
        pairs: list[tuple[Sequence[str], str]] = [
            (self.entry, card.entry),
            (self.store, flow.store),
            (self.doing, doing),
            (self.scenario, card.scenario),
        ]
        return all(not allowed or found in allowed for allowed, found in pairs)


class Published(_Part):
    """One published figure and where it is from; `short` is it in a few words."""

    name: str
    short: Annotated[str, Field(min_length=1)]
    figure: Figure
    when: When
    text: Annotated[str, Field(min_length=1)]
    kind: Literal["measured", "design", "limit"]
    source: Annotated[str, Field(min_length=1)]


class Goal(_Part):
    """A number to be reached, in seconds (of `lost`, in writes)."""

    text: str
    when: When
    figure: GoalFigure
    limit: float


class Reached(_Part):
    """A goal and the worst that was found; `found` is None when no report speaks of it. `runs` counts the
    drills of the reports that do, one for each seed."""

    goal: Goal
    found: float | None
    runs: int

    @property
    def met(self) -> bool | None:
        return None if self.found is None else self.found <= self.goal.limit


@cache
def published() -> tuple[Published, ...]:
    """The figures of published.yaml. Raises pydantic.ValidationError for a wrong one."""
    return tuple(TypeAdapter(list[Published]).validate_python(_load("published.yaml")))


@cache
def goals() -> tuple[Goal, ...]:
    """The numbers of goals.yaml. Raises pydantic.ValidationError for a wrong one."""
    return tuple(TypeAdapter(list[Goal]).validate_python(_load("goals.yaml")))


def beside(card: Card, flow: FlowCard, doing: Doing, figure: Figure) -> Published | None:
    """The first published figure for one operation, None when there is none."""
    return next(
        (each for each in published() if each.figure == figure and each.when.holds(card, flow, doing)), None
    )


def reached(cards: Iterable[Card]) -> list[Reached]:
    """Every goal with the worst figure of the reports that it speaks of."""
    everything = [card for card in cards if card.shows]
    return [_reached(goal, everything) for goal in goals()]


def _reached(goal: Goal, cards: Sequence[Card]) -> Reached:
    by_card = [(card, _figures(goal, card)) for card in cards]
    return Reached(
        goal=goal,
        found=max((figure for _, figures in by_card for figure in figures), default=None),
        runs=sum(card.seeds for card, figures in by_card if figures),
    )


def _figures(goal: Goal, card: Card) -> list[float]:
    found: list[float] = []
    for flow in card.flows:
        sides: tuple[tuple[Doing, Outage | None], ...] = (("read", flow.read), ("write", flow.write))
        for doing, outage in sides:
            if outage is not None and goal.when.holds(card, flow, doing):
                found.append(_figure(goal.figure, outage, flow))
    return found


def _figure(figure: GoalFigure, outage: Outage, flow: FlowCard) -> float:
    if figure == "lost":
        return float(flow.loss.lost) if flow.loss else 0.0
    if figure == "slowest":
        return outage.slowest if math.isfinite(outage.worst) else math.inf
    return outage.measured if figure == "rto-measured" else outage.worst


def _load(name: str) -> object:
    return yaml.safe_load((_HERE / name).read_text(encoding="utf-8"))
