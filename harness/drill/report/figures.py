"""Figures as people read them, the same in the terminal and on the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from harness.drill.judge.losses import Loss
from harness.drill.judge.measure import Measurement, RecoveryTime
from harness.drill.judge.recovery import Kind, Split
from harness.drill.judge.verdict import Status
from harness.drill.run.run import DrillResult
from harness.drill.run.series import Spread

MARKS: dict[Status, str] = {
    "objectives-met": "✓", "objectives-missed": "✗", "precondition-failed": "✗", "inconclusive": "?",
}  # fmt: skip
WORDS: dict[Status, str] = {
    "objectives-met": "Objectives met", "objectives-missed": "Objectives missed",
    "precondition-failed": "Precondition failed", "inconclusive": "Inconclusive",
}  # fmt: skip


def seconds(value: float) -> str:
    """`12.3 s`, or `never`."""
    return f"{value:.1f} s" if math.isfinite(value) else "never"


def amount(value: float, unit: str) -> str:
    """Seconds as `seconds` has them, counts as whole numbers."""
    return seconds(value) if unit == "s" else f"{value:.0f}"


_KINDS: dict[Kind, str] = {"measured": "measured", "modelled": "modelled", "both": "part modelled"}


class BudgetRow(NamedTuple):
    """One step of the recovery of the median and the worst client."""

    step: str
    median: str
    worst: str
    kind: str
    source: str


def budget_rows(result: DrillResult) -> list[BudgetRow]:
    """The steps of the worst client, then their sum; empty when no client's recovery can be split."""
    if result.worst is None or not result.worst.steps:
        return []
    rows = [
        BudgetRow(
            step.name, _step(result.median, step.name), seconds(step.seconds), _KINDS[step.kind], step.source
        )
        for step in result.worst.steps
    ]
    total = result.median.seconds if result.median else math.inf
    modelled = result.worst.modelled
    share = (
        f"{seconds(result.worst.seconds - modelled)} measured, {seconds(modelled)} modelled (worst client)"
    )
    return [*rows, BudgetRow("recovery", seconds(total), seconds(result.worst.seconds), "", share)]


def _step(split: Split | None, name: str) -> str:
    step = next((each for each in split.steps if each.name == name), None) if split else None
    return seconds(step.seconds) if step else "n/a"


class RecoveryRow(NamedTuple):
    operation: str
    clients: str
    recovered: str
    median: str
    worst: str
    slowest: str
    judged: str


def recovery_rows(result: DrillResult) -> list[RecoveryRow]:
    """Per operation the clients that keep to the TTL, then those that overstay it."""
    measured = result.measurement
    if measured is None:
        return []
    stale = result.objectives.judge_stale
    return [
        *(_recovery_row(each, "keep to the TTL", _limit(result, each)) for each in measured.judged),
        *(
            _recovery_row(each, "overstay the TTL", _limit(result, each) if stale else "shown, not judged")
            for each in measured.overstaying
        ),
    ]


def _limit(result: DrillResult, group: RecoveryTime) -> str:
    return f"{result.subject.rto(group.operation, result.objectives):g} s allowed"


class OperationSplitRow(NamedTuple):
    """How the worst client of one operation came back: what was measured, what modelled, or why none is
    known."""

    operation: str
    recovery: str
    measured: str
    modelled: str
    steps: str


def operation_split_rows(result: DrillResult) -> list[OperationSplitRow]:
    """Per operation that any client missed; empty for an environment with one flow, whose worst says it
    all."""
    if len(result.subject.flows) == 1:
        return []
    return [
        OperationSplitRow(
            each.operation,
            seconds(each.seconds),
            seconds(each.seconds - each.modelled),
            seconds(each.modelled),
            ", ".join(f"{step.name} {step.seconds:.1f}" for step in each.steps) or each.reason,
        )
        for each in result.splits
    ]


def _recovery_row(group: RecoveryTime, who: str, judged: str) -> RecoveryRow:
    return RecoveryRow(
        group.operation,
        f"{group.clients} that {who}",
        f"{group.recovered} of {group.clients}",
        seconds(group.median),
        seconds(group.worst),
        seconds(group.slowest),
        judged,
    )


def fact_rows(result: DrillResult) -> list[tuple[str, str]]:
    """Everything else that was measured, as name and text."""
    measured = result.measurement
    if measured is None:
        return []
    return [
        *_routes(result),
        *(_loss(each, result) for each in measured.losses),
        ("Requests during the outage", _errors(measured)),
        (
            "Reads that missed an acknowledged write",
            f"{measured.missing_reads} missing, {measured.stale_reads} stale",
        ),
        ("Requests before the fault", f"{measured.baseline.requests}, {measured.baseline.failed} went wrong"),
        *(
            (
                f"Fault: {fault.description}",
                f"{fault.hits} requests or writes ran into it"
                + (f", it came {fault.times} times" if fault.times > 1 else ""),
            )
            for fault in measured.faults
        ),
        *(
            (
                f"Command: {each.description}",
                "done" if each.allowed else f"refused: {'; '.join(each.reasons)}",
            )
            for each in measured.commands
        ),
        ("Served before the fault", measured.serving_before or "nobody"),
        ("Served at the end of the outage", measured.serving_at_end or "nobody"),
        ("Moves of one client's writes", str(measured.moves)),
        *_returned(measured),
        ("Cost", f"{result.wall_seconds:.0f} s of wall time for {result.model_seconds:.0f} model seconds"),
    ]


def _loss(loss: Loss, result: DrillResult) -> tuple[str, str]:
    limit = result.subject.rpo(loss.operation, result.objectives)
    name = "Lost writes (RPO)" if loss.operation == "write" else f"Lost: {loss.operation} (RPO)"
    if not loss.lost:
        return name, f"0 of {loss.asked} acknowledged, {limit:g} s allowed"
    lost = f"{loss.lost} of {loss.asked} acknowledged; the oldest {loss.age:.2f} s before the fault"
    return name, f"{lost}, {limit:g} s allowed"


def _routes(result: DrillResult) -> list[tuple[str, str]]:
    """Which regions served the clients of each place before the fault."""
    if result.measurement is None or result.subject.routing == "failover":
        return []
    served: dict[str, set[str]] = {}
    for each in result.measurement.recoveries:
        if each.before:
            served.setdefault(each.place, set()).add(each.before)
    return [
        ("Served by, before", "; ".join(f"{place}: {', '.join(sorted(by))}" for place, by in served.items()))
    ]


def _errors(measured: Measurement) -> str:
    outage = measured.outage
    kinds = ", ".join(f"{count} {what}" for what, count in outage.by_outcome)
    cached = f", {measured.cached} answered from a cache" if measured.cached else ""
    text = f"{outage.requests}, {outage.failed} failed ({outage.ratio:.0%})"
    return text + (f": {kinds}" if kinds else "") + cached


def _returned(measured: Measurement) -> list[tuple[str, str]]:
    returned = measured.returned
    if returned is None:
        return []
    rows = [("Requests after healing", f"{returned.errors.requests}, {returned.errors.failed} failed")]
    if returned.checked:
        rows.append((
            "Reconciliation after healing",
            f"{returned.came_back} lost writes came back, {len(returned.still_missing)} of "
            f"{returned.checked} are still missing in some region",
        ))  # fmt: skip
    if returned.returned_at is not None:
        after = returned.returned_at - returned.healed_at
        rows.append(("Traffic returned", f"to {returned.returned_to}, {after:.1f} s after healing"))
    else:
        rows.append(("Traffic returned", f"no, {returned.survivor or 'nobody'} went on serving"))
    return rows


def spread_rows(spreads: Sequence[Spread]) -> list[tuple[str, str, str, str]]:
    """Name, p50, p95 and worst."""
    return [
        (each.name, amount(each.p50, each.unit), amount(each.p95, each.unit), amount(each.worst, each.unit))
        for each in spreads
    ]
