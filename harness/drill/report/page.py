"""The report as one HTML page that asks nothing of any network."""

from __future__ import annotations

from pathlib import Path

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.drill.report.document import modelled_delays
from harness.drill.report.figures import (
    MARKS,
    WORDS,
    budget_rows,
    fact_rows,
    operation_split_rows,
    recovery_rows,
    seconds,
    spread_rows,
)
from harness.drill.report.timeline import NARROW, WIDE, draw
from harness.drill.run.run import DrillResult
from harness.drill.run.series import DrillSeries

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(series: DrillSeries, *, command: str) -> str:
    """The page: the worst run in full, and the spread over all of them."""
    result = series.worst
    return _TEMPLATES.get_template("page.html.j2").render(
        series=series,
        result=result,
        mark=MARKS[series.status],
        word=WORDS[series.status],
        tiles=_tiles(result),
        wide=Markup(draw(result, WIDE)),
        narrow=Markup(draw(result, NARROW)),
        recovery=recovery_rows(result),
        budget=budget_rows(result),
        no_budget=result.worst.reason if result.worst else "no client was affected",
        operations=operation_split_rows(result),
        facts=fact_rows(result),
        spread=spread_rows(series.spreads) if len(series.results) > 1 else [],
        modelled=modelled_delays(result.subject),
        scenario=yaml.safe_dump(result.scenario.as_written(), sort_keys=False, allow_unicode=True),
        command=command,
    )


def _tiles(result: DrillResult) -> list[tuple[str, str, str]]:
    """The figures to see first: name, figure, what is allowed."""
    measured = result.measurement
    if measured is None:
        return []
    tiles = [
        (
            f"RTO of {each.operation}, worst client",
            seconds(each.worst),
            f"{result.subject.rto(each.operation, result.objectives):g} s allowed",
        )
        for each in measured.judged
    ]
    tiles += [
        (
            "RPO, age of the oldest lost write" + _of(each.operation),
            f"{each.age:.2f} s",
            f"{result.subject.rpo(each.operation, result.objectives):g} s allowed",
        )
        for each in measured.losses
    ]
    loss = measured.loss
    return [*tiles, ("Acknowledged writes lost", str(loss.lost), f"of {loss.asked} read back")]


def _of(operation: str) -> str:
    flow = operation.partition(" ")[2]
    return f", {flow}" if flow else ""
