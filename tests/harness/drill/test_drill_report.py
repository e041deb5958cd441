from __future__ import annotations

import dataclasses
import io
import json
import math
import re
from pathlib import Path

import pytest
from rich.console import Console

from harness.drill import DrillResult, DrillSeries, Scenario, Subject
from harness.drill.judge.ledger import Backlog, Ledger
from harness.drill.report import show, write_report
from harness.drill.report.document import SCHEMA, document
from harness.drill.report.page import page
from harness.drill.run.run import conclude
from harness.drill.run.series import spread
from tests.harness.drill.drill_ledgers import CLIENTS, EAST, SUBJECT, attempt, ledger, nobody_comes_back

HOSTILE = "<script src=//evil.example/x.js></script>\"'&"
SCENARIO = Scenario.model_validate(
    {
        "name": "region-refuse",
        "description": "Gone.",
        "faults": [{"at": 30, "kind": "region-dark", "region": EAST}],
    }
)


def series(*ledgers: Ledger, subject: Subject = SUBJECT) -> DrillSeries:
    return DrillSeries(tuple(result(made, seed=n, subject=subject) for n, made in enumerate(ledgers, 1)))


def result(made: Ledger, *, seed: int = 1, subject: Subject = SUBJECT) -> DrillResult:
    made.backlog = [Backlog(float(n), n) for n in range(130)]
    return conclude(subject, SCENARIO, subject.objectives, made, seed=seed)


def printed(shown: DrillSeries) -> str:
    console = Console(file=io.StringIO(), width=140)
    show(shown, console, page="drill.html")
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_page_asks_nothing_of_any_network() -> None:
    text = page(series(ledger(), nobody_comes_back()), command="make drill")
    assert re.findall(r"https?://|url\((?!#)|@import|<script|<link|<img", text) == []
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"', text) == []


def test_a_hostile_environment_name_stays_text_everywhere_on_the_page() -> None:
    subject = dataclasses.replace(SUBJECT, environment=HOSTILE, entry_host=HOSTILE)
    made = ledger()
    made.attempts.append(attempt(12, "http", status=502, client=HOSTILE))
    made.attempts += [attempt(60 + n, client=HOSTILE, region=HOSTILE) for n in range(9)]
    text = page(series(made, subject=subject), command=HOSTILE)
    assert "<script" not in text
    assert "&lt;script src=//evil.example/x.js&gt;" in text


def test_the_page_holds_one_drawing_for_wide_and_one_for_narrow_screens() -> None:
    text = page(series(ledger()), command="make drill")
    assert re.findall(r'<svg class="timeline (\w+)"', text) == ["wide", "narrow"]
    assert "#010101" not in text
    assert "var(--region-1)" in text


def test_the_verdict_is_in_words_and_not_only_in_colour() -> None:
    missed = page(series(nobody_comes_back()), command="make drill")
    assert "✗ Objectives missed" in missed
    assert "3 of 3 clients never recovered, 50 s allowed" in missed
    assert "✓ Objectives met" in page(series(ledger()), command="make drill")


def test_a_failed_precondition_has_a_page_too() -> None:
    failed = conclude(SUBJECT, SCENARIO, SUBJECT.objectives, Ledger(), problems=["no answer"])
    text = page(DrillSeries((failed,)), command="make drill")
    assert "✗ Precondition failed" in text
    assert "<svg" not in text


def test_the_terminal_shows_verdict_budget_and_what_is_modelled() -> None:
    text = printed(series(ledger({CLIENTS[2]: 40}), ledger()))
    assert "✓ Objectives met" in text
    assert re.search(r"decide +│ +2\.0 s +│ +2\.0 s +│ +modelled", text)
    assert re.search(r"recovery +│ .* │ 38\.6 s measured, 2\.0 s modelled \(worst client\)", text)
    assert re.search(r"RTO read, worst client +│ +25\.2 s +│ +40\.2 s +│ +40\.2 s", text)
    assert "Report: drill.html" in text


def test_a_verdict_that_was_not_expected_is_told() -> None:
    assert "The scenario expects: objectives-met." in printed(series(nobody_comes_back()))


def test_the_document_is_strict_json_with_null_for_never(tmp_path: Path) -> None:
    written = write_report(series(nobody_comes_back()), tmp_path / "new", command="make drill")
    found = json.loads(written.document.read_text(), parse_constant=lambda name: pytest.fail(name))
    assert (found["schema"], found["verdict"]["exit_status"]) == (SCHEMA, 1)
    assert found["runs"][0]["measurement"]["judged"][0]["worst"] is None
    assert [file.name for file in written.ledgers] == ["ledger-1.jsonl"]
    assert all(file.exists() for file in (written.page, written.document, *written.ledgers))


def test_the_document_names_the_source_of_every_modelled_second() -> None:
    found = document(series(ledger()), command="make drill")
    assert [(each["name"], each["part_of"]) for each in found["modelled"]] == [
        ("route53_status_propagation", "decide"),
        ("dynamodb_replication_lag", "RPO: how far replication is behind when a region is lost"),
        (
            "lambda_cold_start",
            "not included: workers are started before the drill; a cold one adds this once",
        ),
    ]
    assert all(each["source"] and each["evidence"] in ("published", "assumed") for each in found["modelled"])
    steps = found["runs"][0]["worst_client"]["steps"]
    assert [step["kind"] for step in steps] == ["measured", "modelled", "measured", "measured"]


def test_one_missed_run_makes_the_series_missed_and_the_one_to_look_at() -> None:
    found = series(ledger(), nobody_comes_back(), ledger(hits=0))
    assert (found.status, found.exit_status, found.worst.seed) == ("objectives-missed", 1, 2)


def test_percentiles_are_values_that_occurred() -> None:
    found = spread("x", "s", [*range(1, 20), math.inf])
    assert found is not None
    assert (found.p50, found.p95, found.worst, found.runs) == (10, 19, math.inf, 20)


def test_the_document_tells_flows_and_still_the_paths_of_the_first() -> None:
    found = document(series(ledger()), command="make drill")
    assert [flow["name"] for flow in found["subject"]["flows"]] == ["items"]
    assert (found["subject"]["read_path"], found["subject"]["write_path"]) == ("/read", "/write")
