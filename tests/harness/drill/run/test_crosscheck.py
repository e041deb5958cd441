from __future__ import annotations

import pytest

from harness.drill import DrillError, DrillResult, Scenario
from harness.drill.judge.ledger import Ledger
from harness.drill.run.crosscheck import compare
from harness.drill.run.run import conclude
from tests.harness.drill.drill_ledgers import CLIENTS, EAST, SUBJECT, ledger, nobody_comes_back

SCENARIO = Scenario.model_validate(
    {"name": "x", "description": "d", "faults": [{"at": 30, "kind": "region-dark", "region": EAST}]}
)


def result(made: Ledger) -> DrillResult:
    return conclude(SUBJECT, SCENARIO, SUBJECT.objectives, made)


def test_runs_that_differ_by_less_than_the_tolerance_agree() -> None:
    assert compare(result(ledger()), result(ledger(dict.fromkeys(CLIENTS, 28.0)))).agrees


def test_runs_that_differ_by_more_do_not_and_the_figure_is_named() -> None:
    found = compare(result(ledger()), result(ledger({CLIENTS[0]: 35.0})))
    assert not found.agrees
    assert [each.name for each in found.comparisons if not each.agrees] == [
        "RTO read, worst client", "RTO write, worst client",
    ]  # fmt: skip
    assert "RTO read, worst client: virtual 25.2 s, real 35.2 s (NOT within 5 s)" in str(found)


def test_never_agrees_with_never_alone() -> None:
    never = result(nobody_comes_back())
    assert compare(never, result(nobody_comes_back())).agrees
    assert not compare(never, result(ledger())).agrees


def test_a_run_that_measured_nothing_cannot_be_compared() -> None:
    failed = conclude(SUBJECT, SCENARIO, SUBJECT.objectives, Ledger(), problems=["no answer"])
    with pytest.raises(DrillError, match="nothing to compare"):
        compare(failed, result(ledger()))
