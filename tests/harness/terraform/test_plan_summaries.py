from __future__ import annotations

from typing import Any

from rich.console import Console

from harness.terraform import plans
from harness.terraform.events import Changes
from harness.terraform.plans import PlanSummary, ResourceChange


def _change(address: str, actions: list[str], **change: Any) -> dict[str, Any]:
    return {"address": address, "mode": "managed", "change": {"actions": actions, **change}}


PLAN = {
    "resource_changes": [
        _change("aws_s3_bucket.b", ["no-op"]),
        _change("aws_iam_role.r", ["update"], before={"name": "r", "policy": "hunter2"}, after={"name": "r"}),
        _change(
            'aws_dynamodb_table.t["items"]',
            ["delete", "create"],
            replace_paths=[["hash_key"], ["attribute", 0, "name"]],
        ),
        _change("aws_kms_key.k", ["create"], after={"policy": "hunter2"}),
        _change("aws_sqs_queue.q", ["delete"]) | {"action_reason": "delete_because_no_resource_config"},
        {"address": "data.aws_region.r", "mode": "data", "change": {"actions": ["read"]}},
    ],
    "resource_drift": [{"address": "aws_s3_bucket.b"}],
    "output_changes": {"arn": {"actions": ["create"], "after": "hunter2"}, "same": {"actions": ["no-op"]}},
}


def test_a_summary_names_changes_and_what_forces_them() -> None:
    assert plans.summary(PLAN) == PlanSummary(
        changes=(
            ResourceChange(
                address='aws_dynamodb_table.t["items"]',
                kind="replace",
                forced_by=("attribute[0].name", "hash_key"),
            ),
            ResourceChange(address="aws_iam_role.r", kind="update", attributes=("policy",)),
            ResourceChange(address="aws_kms_key.k", kind="create"),
            ResourceChange(
                address="aws_sqs_queue.q", kind="destroy", reason="delete_because_no_resource_config"
            ),
        ),
        drifted=("aws_s3_bucket.b",),
        outputs=("arn",),
    )


def test_no_value_of_the_plan_reaches_its_summary_or_its_table() -> None:
    summary = plans.summary(PLAN)
    console = Console(width=160, record=True, file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115
    console.print(plans.table({"data": summary}))
    text = console.export_text()
    assert "hunter2" not in repr(summary) + text
    assert 'aws_dynamodb_table.t["items"]' in text
    assert "replaced because of attribute[0].name, hash_key" in text
    assert "delete because no resource config" in text


def test_a_plan_of_nothing_is_empty_and_one_of_an_output_is_not() -> None:
    assert plans.summary({"resource_changes": [_change("a", ["no-op"])]}).is_empty
    assert not plans.summary({"output_changes": {"x": {"actions": ["update"]}}}).is_empty


def test_a_plan_that_only_imports_is_not_empty_and_its_table_says_what() -> None:
    imports = {"importing": {"id": "prod-logs"}}
    summary = plans.summary({"resource_changes": [_change("aws_s3_bucket.logs", ["no-op"], **imports)]})
    assert not summary.is_empty
    assert (summary.changes, summary.imports) == ((), ("aws_s3_bucket.logs",))
    console = Console(width=160, record=True, file=open("/dev/null", "w", encoding="utf-8"))  # noqa: SIM115
    console.print(plans.table({"data": summary}))
    assert console.export_text().split()[-3:] == ["data", "aws_s3_bucket.logs", "imported"]


def test_what_was_streamed_makes_the_same_summary_as_the_saved_plan() -> None:
    streamed = plans.summary_of_events(Changes(create=("a", "c"), destroy=("b",)), ["x"])
    saved = plans.summary(
        {
            "resource_changes": [
                _change("a", ["create"]),
                _change("b", ["delete"]),
                _change("c", ["create"]),
            ],
            "output_changes": {"x": {"actions": ["create"]}},
        }
    )
    assert streamed == saved
