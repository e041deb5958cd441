from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from generator.manifest.problems import InputRefused
from harness.drift import findings as drift
from harness.drift import report as drift_report
from harness.drift.findings import Finding, Report, StackDrift
from harness.review.reviewed import ReviewedState
from harness.terraform.adapter import ExitStatus
from harness.terraform.session import RunResult, StackResult

MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
FRIDAY = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
STATE = ReviewedState(lineage="a", serial=3)


def _resource(address: str, actions: list[str], before: Any = None, after: Any = None, **more: Any) -> Any:
    return {"address": address, "change": {"actions": actions, "before": before, "after": after, **more}}


def _update(address: str, before: Any, after: Any, **more: Any) -> Any:
    return _resource(address, ["update"], before, after, **more)


TABLE = "module.items.aws_dynamodb_table.this"
WIDER = {"name": "items", "arn": "arn:aws:dynamodb:eu-west-1:1:table/items", "tags": {"a": "1"}, "ttl": None}
UNDONE = {
    "resource_drift": [_update(TABLE, WIDER, WIDER | {"tags": {"a": "2"}, "ttl": []})],
    "resource_changes": [_update(TABLE, WIDER | {"tags": {"a": "2"}}, WIDER)],
}


def _result(document: Any, status: ExitStatus = ExitStatus.SUCCEEDED, stack: str = "data") -> RunResult:
    one = StackResult(
        stack=stack, wave=2, verb="plan", status=status, document=document, messages=(f"{stack}: said",)
    )
    return RunResult(verb="plan", environment="prod", target="aws", seconds=1.0, results=(one,))


def _report(document: Any, at: datetime, previous: Report | None = None, **more: Any) -> Report:
    return drift.report_of(_result(document, **more), at=at, previous=previous)


def test_what_an_apply_would_undo_changed_outside_and_is_told_by_place_and_value() -> None:
    (found,) = drift.findings(UNDONE)
    assert found == Finding(
        address=TABLE,
        kind="outside",
        path="tags.a",
        what="changed",
        detail='"1" -> "2"',
        undone=True,
        digest=found.digest,
        lookup=(
            "aws cloudtrail lookup-events --region eu-west-1 --lookup-attributes "
            "AttributeKey=ResourceName,AttributeValue=items"
        ),
    )


def test_what_was_deleted_outside_is_not_told_again_as_a_change_of_the_code() -> None:
    (found,) = drift.findings(
        {
            "resource_drift": [_resource("aws_sqs_queue.q", ["delete"], {"id": "q"})],
            "resource_changes": [_resource("aws_sqs_queue.q", ["create"], None, {})],
        }
    )
    assert (found.kind, found.what, found.undone) == ("outside", "deleted", True)


def test_what_only_the_code_changes_stands_apart() -> None:
    found = drift.findings(
        {
            **UNDONE,
            "resource_changes": [
                _update(TABLE, WIDER | {"tags": {"a": "2"}, "ttl": 1}, WIDER | {"ttl": 2}),
                _resource("aws_iam_role.r", ["create"], None, {}),
            ],
            "output_changes": {"zone": {"actions": ["update"]}},
        }
    )
    assert [(each.kind, each.address, each.path, each.what, each.detail) for each in found] == [
        ("code", "aws_iam_role.r", "", "create", ""),
        ("code", TABLE, "", "update", "ttl"),
        ("outside", TABLE, "tags.a", "changed", '"1" -> "2"'),
        ("code", "output.zone", "", "update", ""),
    ]


def _noticed(now: Any, expressions: dict[str, Any] | None = None) -> dict[str, Any]:
    group = {"address": "aws_security_group.g", "expressions": expressions or {"name": {}}}
    module = {"module_calls": {"net": {"module": {"resources": [group]}}}}
    return {
        "resource_drift": [_update("module.net[0].aws_security_group.g", {"ingress": []}, {"ingress": now})],
        "resource_changes": [_resource("module.net[0].aws_security_group.g", ["no-op"], {}, {})],
        "configuration": {"root_module": module},
    }


def test_what_the_code_sets_and_leaves_to_others_is_no_drift() -> None:
    (found,) = drift.findings(_noticed([1], {"ingress": {}}))
    assert (found.kind, found.counts) == ("left", False)


def test_nothing_and_empty_are_the_same() -> None:
    assert drift.findings(_noticed(None)) == ()


def _seen(document: Any, at: datetime, previous: Report | None, against: ReviewedState) -> Report:
    """A report as if the plan had been made against `against`."""
    before = previous.stacks[0] if previous else None
    unmoved = before is not None and before.against == against
    found = [
        drift.dated(drift.judged(each, before, unmoved=unmoved), at, before)
        for each in drift.findings(document)
    ]
    stack = StackDrift(
        stack="data", checked=True, status="succeeded", at=at, against=against, findings=tuple(found)
    )
    return Report(environment="prod", target="aws", at=at, stacks=(stack,))


def test_a_rule_added_by_hand_beside_separate_rules_is_drift_from_the_second_look_on() -> None:
    first = _seen(_noticed(["ours"]), MONDAY, None, STATE)
    assert first.in_sync
    assert _seen(_noticed(["ours"]), TUESDAY, first, STATE).in_sync
    second = _seen(_noticed(["ours", "theirs"]), TUESDAY, first, STATE)
    third = _seen(_noticed(["ours", "theirs"]), FRIDAY, second, STATE)
    for report in (second, third):
        (found,) = report.stacks[0].findings
        assert (found.kind, found.undone, found.not_before, found.first_seen) == (
            "outside", False, MONDAY, TUESDAY
        )  # fmt: skip
    applied = _seen(_noticed(["ours", "theirs"]), FRIDAY, second, ReviewedState(lineage="a", serial=4))
    assert applied.in_sync


def test_since_when_is_carried_from_report_to_report_and_ends_with_the_drift() -> None:
    clean = _report({}, MONDAY)
    assert clean.in_sync
    seen = _report(UNDONE, TUESDAY, clean)
    later = _report(UNDONE, FRIDAY, Report.model_validate_json(seen.model_dump_json()))
    (found,) = later.stacks[0].findings
    assert drift_report.since(found) == "between 2026-11-23 06:00 UTC and 2026-11-24 06:00 UTC"
    assert _report({}, FRIDAY, later).stacks[0].findings == ()
    (first,) = _report(UNDONE, MONDAY).stacks[0].findings
    assert drift_report.since(first) == "before 2026-11-23 06:00 UTC"


@pytest.mark.parametrize("status", [ExitStatus.FAILED, ExitStatus.LOCKED, ExitStatus.NOT_STARTED])
def test_a_stack_that_could_not_be_planned_is_not_in_sync_and_keeps_what_was_known(
    status: ExitStatus,
) -> None:
    seen = _report(UNDONE, MONDAY)
    failed = _report(None, TUESDAY, seen, status=status)
    assert not failed.in_sync
    assert failed.stacks[0].findings == seen.stacks[0].findings
    assert drift_report.verdict(failed) == "prod on aws: 1 stacks, not checked: data"
    assert "data: of the last look: " in drift_report.as_markdown(failed)
    again = _report(UNDONE, FRIDAY, failed)
    assert again.stacks[0].findings[0].first_seen == MONDAY


def test_no_secret_is_in_a_report() -> None:
    before, after = {"id": "x", "password": "hunter2"}, {"id": "x", "password": "hunter3"}
    marked = {"id": "x", "note": "hunter4"}
    document = {
        "resource_drift": [
            _update("aws_x.a", before, after),
            _update("aws_x.b", marked, marked | {"note": "hunter5"}, after_sensitive={"note": True}),
        ],
        "resource_changes": [
            _update("aws_x.a", after, before),
            _update("aws_x.b", marked | {"note": "hunter5"}, marked, before_sensitive={"note": True}),
        ],
    }
    report = _report(document, MONDAY)
    assert len(report.stacks[0].findings) == 2
    assert {each.digest for each in report.stacks[0].findings} == {""}
    assert "hunter" not in report.model_dump_json() + drift_report.as_markdown(report)


def test_people_read_what_changed_where_and_since_when() -> None:
    out = io.StringIO()
    drift_report.show(_report(UNDONE, MONDAY), Console(file=out, width=160))
    text = out.getvalue()
    assert f'{TABLE}.tags.a: "1" -> "2"' in text
    assert "before 2026-11-23 06:00 UTC" in text
    assert "who it was: aws cloudtrail lookup-events --region eu-west-1" in text
    assert text.splitlines()[-1] == "prod on aws: 1 stacks, 1 changed outside of Terraform"


def test_an_issue_gets_the_same_as_markdown() -> None:
    text = drift_report.as_markdown(_report(UNDONE, MONDAY))
    assert text.startswith("## Drift of <code>prod</code> on <code>aws</code>\n")
    assert f'- data: {TABLE}.tags.a: "1" -> "2"   before 2026-11-23 06:00 UTC\n' in text
    assert "```sh\naws cloudtrail lookup-events" in text


def test_a_report_of_something_else_is_refused_and_so_is_what_is_no_report(tmp_path: Path) -> None:
    other = _report({}, MONDAY).model_copy(update={"environment": "dev"})
    with pytest.raises(InputRefused, match="is of dev on aws, this is prod on aws"):
        _report({}, TUESDAY, other)
    with pytest.raises(InputRefused, match=r"SINCE=.*No such file"):
        drift.read(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text(json.dumps({"version": 1}))
    with pytest.raises(InputRefused, match=r"SINCE=.*bad\.json: environment: Field required"):
        drift.read(tmp_path / "bad.json")


def test_stacks_that_were_not_looked_at_stay_in_the_history() -> None:
    both = drift.with_others(_report(UNDONE, TUESDAY), _report({}, MONDAY, stack="edge"))
    assert [(each.stack, each.at) for each in both.stacks] == [("data", TUESDAY), ("edge", MONDAY)]
