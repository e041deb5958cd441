"""The verdict and its figures in the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from harness.drill.judge.verdict import Status
from harness.drill.report.figures import (
    MARKS,
    WORDS,
    budget_rows,
    fact_rows,
    operation_split_rows,
    recovery_rows,
    spread_rows,
)
from harness.drill.run.run import DrillResult
from harness.drill.run.series import DrillSeries

_COLOURS: dict[Status, str] = {
    "objectives-met": "green", "objectives-missed": "red", "precondition-failed": "red",
    "inconclusive": "yellow",
}  # fmt: skip


def show(series: DrillSeries, console: Console, *, page: str | None = None) -> None:
    """Prints the worst run in full and, of several runs, their spread; `page` is where the HTML report is."""
    result = series.worst
    console.print(_verdict(series))
    if rows := recovery_rows(result):
        console.print(
            _table(
                "Recovery time, client by client",
                ("operation", "clients", "recovered", "median", "worst", "slowest answer", "judged"),
                rows,
            )
        )
    if budget := budget_rows(result):
        console.print(
            _table("Where the time went", ("step", "median client", "worst client", "", "source"), budget)
        )
    elif result.worst is not None:
        console.print(Text(f"No split of the recovery: {result.worst.reason}.", style="dim"))
    if operations := operation_split_rows(result):
        columns = ("operation", "worst client", "measured", "modelled", "steps in seconds")
        console.print(_table("Operation by operation", columns, operations))
    if facts := fact_rows(result):
        console.print(_table("What else was seen", ("", ""), facts))
    if len(series.results) > 1:
        head = (f"{len(series.results)} seeds", "p50", "p95", "worst")
        console.print(_table("Over all runs", head, spread_rows(series.spreads)))
    if page:
        console.print(Text(f"Report: {page}"), soft_wrap=True)


def _verdict(series: DrillSeries) -> Panel:
    result: DrillResult = series.worst
    colour = _COLOURS[series.status]
    title = f"{MARKS[series.status]} {WORDS[series.status]}"
    text = Text(result.verdict.sentence)
    if not series.as_expected:
        text.append(f"\nThe scenario expects: {result.expected}.", style="bold")
    seeds = ", ".join(str(each.seed) for each in series.results)
    subtitle = f"{result.subject.environment} · {result.scenario.name} · seed {seeds}"
    return Panel(
        text, title=Text(title, style=f"bold {colour}"), subtitle=Text(subtitle), border_style=colour
    )


def _table(title: str, columns: tuple[str, ...], rows: object) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_header=any(columns))
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:  # type: ignore[attr-defined]
        table.add_row(*(Text(str(cell)) for cell in row))
    return table
