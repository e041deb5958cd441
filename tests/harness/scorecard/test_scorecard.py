from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.scorecard.beside import beside, goals, published, reached
from harness.scorecard.card import Card, ScorecardError, card_of, read_cards, scenarios_of
from harness.scorecard.document import cell, document, matrix, table
from harness.scorecard.files import scorecard
from harness.scorecard.picture import cell_text, picture

ITEMS = {"name": "items", "store": "table", "rto": None, "rpo": None}
ORDERS = {"name": "orders", "store": "database", "rto": 150.0, "rpo": None}


def judged(operation: str, worst: float | None, *, median: float | None = 1.0, slowest: float = 0.1) -> Any:
    return {"operation": operation, "worst": worst, "median": median, "slowest": slowest}


def lost(operation: str, count: int, age: float) -> Any:
    return {"operation": operation, "lost": count, "asked": 200, "age": age}


def run(
    judgements: list[Any], losses: list[Any] | None = None, modelled: dict[str, float] | None = None
) -> Any:
    return {
        "measurement": {"judged": judgements, "losses": losses or []},
        "operations": [{"operation": name, "modelled": each} for name, each in (modelled or {}).items()],
    }


def report(
    *runs: Any,
    environment: str = "shop",
    scenario: str = "region-refuse",
    status: str = "objectives-met",
    expected: str = "objectives-met",
    entry: str = "dns",
    flows: tuple[Any, ...] = (ITEMS,),
) -> dict[str, Any]:
    return {
        "schema": "antipode.drill/1",
        "environment": environment,
        "verdict": {"status": status, "expected": expected, "sentence": "It is so."},
        "objectives": {"rto": 50.0, "rpo": 5.0},
        "scenario": {
            "name": scenario,
            "description": "d",
            "faults": [] if scenario == "switchover" else [{}],
        },
        "subject": {"entry": entry, "routing": "failover", "regions": [{}, {}], "flows": list(flows)},
        "runs": list(runs),
    }


def simple(**settings: Any) -> Card:
    return card_of(
        report(run([judged("read", 30.0), judged("write", 31.0)], [lost("write", 2, 0.9)]), **settings)
    )


def write(folder: Path, *reports: dict[str, Any]) -> Path:
    for number, each in enumerate(reports):
        file = folder / str(number) / "drill.json"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(each))
    return folder


def test_a_card_has_the_worst_of_all_seeds_and_what_was_modelled_in_that_one() -> None:
    card = card_of(
        report(
            run([judged("read", 10.0), judged("write", 20.0)], [lost("write", 1, 0.5)], {"write": 2.0}),
            run([judged("read", 12.0), judged("write", 40.0)], [lost("write", 3, 1.5)], {"write": 4.0}),
            run([judged("read", 11.0, slowest=2.5), judged("write", 30.0)], [lost("write", 0, 0.0)]),
        )
    )
    (flow,) = card.flows
    assert flow.read is not None
    assert flow.write is not None
    assert flow.loss is not None
    assert (card.seeds, flow.read.worst, flow.read.slowest) == (3, 12.0, 2.5)
    assert (flow.write.worst, flow.write.modelled, flow.write.measured) == (40.0, 4.0, 36.0)
    assert (flow.loss.lost, flow.loss.asked, flow.loss.age, flow.loss.allowed) == (4, 600, 1.5, 5.0)


def test_never_is_worse_than_any_number_of_seconds() -> None:
    card = card_of(report(run([judged("write", 40.0)]), run([judged("write", None, median=None)])))
    assert card.worst_write == math.inf
    assert cell(card) == "✓ writes never"


def test_every_flow_has_its_own_operations_and_objectives() -> None:
    card = card_of(
        report(
            run([judged("read", 1.0), judged("write", 2.0), judged("read orders", 3.0),
                 judged("write orders", 99.0)],
                [lost("write", 0, 0.0), lost("write orders", 5, 0.2)]),
            flows=(ITEMS, ORDERS),
        )
    )  # fmt: skip
    items, orders = card.flows
    assert items.write is not None
    assert orders.write is not None
    assert orders.loss is not None
    assert (items.write.worst, items.write.allowed) == (2.0, 50.0)
    assert (orders.write.worst, orders.write.allowed, orders.loss.lost) == (99.0, 150.0, 5)
    assert cell(card) == "✓ reads 3.0 s, writes 99.0 s, RPO 0.2 s"


def test_a_drill_that_showed_nothing_shows_no_figures() -> None:
    assert cell(simple(status="inconclusive")) == "? inconclusive"
    assert cell_text(simple(status="precondition-failed")) == "✗ precondition failed"
    nothing = report({"measurement": None, "operations": []}, status="precondition-failed")
    assert cell(card_of(nothing)) == "✗ precondition failed"


def test_a_miss_that_was_expected_says_so() -> None:
    missed = simple(status="objectives-missed", expected="objectives-missed")
    assert cell(missed) == "✗ reads 30.0 s, writes 31.0 s, RPO 0.9 s (as expected)"
    assert "as expected" not in cell(simple(status="objectives-missed"))


def test_the_matrix_has_a_row_per_fault_and_a_column_per_architecture() -> None:
    cards = [simple(), simple(environment="api", scenario="gray-errors"), simple(environment="api")]
    figures = "✓ reads 30.0 s, writes 31.0 s, RPO 0.9 s"
    assert matrix(cards)[2:] == [
        "| fault | api | shop |",
        "| --- | --- | --- |",
        f"| `region-refuse` | {figures} | {figures} |",
        f"| `gray-errors` | {figures} |  |",
        "",
    ]


def test_faults_come_in_the_order_people_ask_and_unknown_ones_last() -> None:
    names = ["zebra", "switchover", "region-refuse", "aardvark", "service-s3"]
    assert scenarios_of([simple(scenario=name) for name in names]) == [
        "region-refuse", "service-s3", "switchover", "aardvark", "zebra",
    ]  # fmt: skip


def test_too_long_an_outage_stands_out_in_its_row() -> None:
    card = card_of(report(run([judged("read", 10.0), judged("write", 60.0)], [lost("write", 0, 0.0)])))
    (row,) = [line for line in document([card]).splitlines() if line.startswith("| `region-refuse` | 1")]
    assert "| 10.0 s of 50 s | 0.1 s | **60.0 s of 50 s** |" in row
    assert "Route 53 failover: 57 to 83 s measured, 1.5 to 2 min by default" in row
    assert row.endswith("| 0.0 s | 0 of 200 | DynamoDB global tables (eventual consistency): about 1 s |")


def test_the_published_figure_is_that_of_the_mechanism_that_answers() -> None:
    dns, cdn = simple(), simple(entry="cdn")
    database = card_of(report(run([judged("read", 1.0)]), flows=(ORDERS,)))

    def named(card: Card, doing: Any, figure: Any) -> str | None:
        found = beside(card, card.flows[0], doing, figure)
        return found.name if found else None

    assert named(dns, "read", "rto") == "Route 53 failover"
    assert named(cdn, "read", "rto") == "CloudFront origin group"
    assert named(cdn, "write", "rto") == "Route 53 failover"
    assert named(database, "write", "rto") == "Aurora Global Database, unplanned failover"
    assert named(database, "write", "rpo") == "Aurora Global Database"
    assert named(dns, "read", "slowest") is None


def test_every_published_figure_has_a_source() -> None:
    assert len(published()) >= 8
    assert [each.name for each in published() if len(each.source) < 10] == []


def test_a_number_to_reach_is_judged_by_the_worst_drill_that_speaks_of_it() -> None:
    quick = card_of(report(run([judged("write", 30.0)]), scenario="region-503"))
    series = [run([judged("write", 46.0)]), run([judged("write", 40.0)])]
    slow = card_of(report(*series, scenario="region-hang"))
    (writes,) = [each for each in reached([quick, slow]) if each.goal.text.startswith("Writes to tables")]
    assert (writes.found, writes.runs, writes.met) == (46.0, 3, False)
    (writes,) = [each for each in reached([quick]) if each.goal.text.startswith("Writes to tables")]
    assert writes.met is True


def test_a_number_that_no_drill_speaks_of_is_neither_reached_nor_missed() -> None:
    assert {each.met for each in reached([simple(scenario="flapping")])} == {None}
    assert {each.met for each in reached([simple(status="inconclusive")])} == {None}
    assert len(goals()) == 5


def test_the_database_is_judged_without_the_promotion_that_is_modelled() -> None:
    card = card_of(
        report(
            run([judged("write", 110.0)], modelled={"write": 60.0}), flows=(ORDERS,), scenario="region-503"
        )
    )
    (found,) = [each for each in reached([card]) if "database" in each.goal.text]
    assert (found.found, found.met) == (50.0, True)


def test_a_read_that_never_comes_back_misses_the_number_although_its_last_answer_was_quick() -> None:
    card = card_of(report(run([judged("read", None)]), entry="cdn", scenario="region-503"))
    (found,) = [each for each in reached([card]) if "answering errors" in each.goal.text]
    assert (found.found, found.met) == (math.inf, False)


def test_a_switchover_may_lose_nothing() -> None:
    (found,) = [each for each in reached([simple(scenario="switchover")]) if each.goal.figure == "lost"]
    assert (found.found, found.met) == (2.0, False)


def test_the_same_reports_give_the_same_files(tmp_path: Path) -> None:
    reports = write(tmp_path / "reports", report(run([judged("read", 1.0)])), report(environment="api"))
    first = [file.read_bytes() for file in scorecard(reports, tmp_path / "one")]
    second = [file.read_bytes() for file in scorecard(reports, tmp_path / "two")]
    assert first == second
    assert sorted(file.name for file in (tmp_path / "one").iterdir()) == ["scorecard.md", "scorecard.svg"]


def test_the_picture_is_one_file_for_light_and_dark_that_asks_nothing_of_any_network() -> None:
    svg = picture([simple(environment='a<b>&"c'), simple(status="inconclusive")])
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == (
        "Scorecard of 2 architectures under 1 faults: objectives met in 1 of 2 drills."
    )
    assert "prefers-color-scheme:dark" in svg
    assert "✓ 30.0 s · 31.0 s · 0.9 s" in svg
    assert re.findall(r'(?:href|src)="(?!#)[^"]*"|url\((?!#)', svg) == []


def test_a_fault_that_an_architecture_was_not_drilled_with_is_told() -> None:
    cards = [simple(), simple(environment="api", scenario="gray-errors")]
    assert picture(cards).count("not drilled") == 2


def test_a_pipe_in_a_sentence_does_not_break_the_table() -> None:
    assert table(["a"], [["x|y\nz"]])[2] == "| x\\|y z |"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "drill.json: not a drill's report (AttributeError: "),
        ("{", "drill.json: not a drill's report (JSONDecodeError: "),
        ('{"schema": "antipode.drill/9"}', "schema is 'antipode.drill/9'; it must be 'antipode.drill/1'"),
        (
            '{"schema": "antipode.drill/1"}',
            "not a drill's report (KeyError: 'subject'): run that drill again",
        ),
    ],
)
def test_a_file_that_is_no_report_is_named_and_nothing_is_written(
    tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "drill.json").write_text(text)
    with pytest.raises(ScorecardError, match=re.escape(message)):
        scorecard(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_folder_without_reports_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(
        ScorecardError, match=r"there is no report \(drill.json\) in it; run `make drill` first"
    ):
        read_cards(tmp_path)
