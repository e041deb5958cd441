from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.terraform import diagnostics
from harness.terraform.diagnostics import Diagnostic, LockInfo, diagnostic_from, lock_holder
from harness.terraform.events import EventStream
from tests.harness.terraform.fake_terraform import error, hook, lock_error, planned

LOCKED = lock_error(who="ana@build-7", created="2026-11-20 13:27:41.497577596 +0000 UTC")


def _diagnostic(line: str) -> Diagnostic:
    return diagnostic_from(json.loads(line)["diagnostic"])


def test_a_held_lock_tells_who_since_when_what_which_and_how_to_release_it() -> None:
    lock = lock_holder([_diagnostic(LOCKED)])
    assert lock is not None
    text = diagnostics.lock_message(
        "data", lock, release="terraform force-unlock X", now=datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
    )
    assert text == (
        "data: the state is locked by ana@build-7 since 2026-11-20 13:27:41 UTC, for 2 h 2 min "
        "(operation apply, lock bb473203-3315-2ba8-d279-fa04002f937e, state prod-tfstate/data.tfstate). "
        "Wait until it is done; if its owner is gone, release it: terraform force-unlock X"
    )


def test_a_lock_that_nobody_could_read_is_still_a_lock() -> None:
    lock = lock_holder([Diagnostic(severity="error", summary="Error acquiring the state lock", detail="412")])
    assert lock == LockInfo(id="", path="", operation="", who="", created=None)
    text = diagnostics.lock_message("data", lock, release="x", now=datetime.now(UTC))
    assert text == "data: the state is locked, by whom Terraform could not read. Try again in a minute."


def test_a_warning_about_a_lock_is_no_lock() -> None:
    assert lock_holder([Diagnostic(severity="warning", summary="Error acquiring the state lock")]) is None


def test_an_error_says_what_where_and_the_fix() -> None:
    found = Diagnostic(
        severity="error",
        summary="Invalid value for variable",
        detail="Retention days must be at least 1.",
        address="aws_s3_bucket.state",
        file="../../../modules/operations/state_backend/main.tf",
        line=12,
    )
    root = Path.cwd() / "envs/prod/state"
    assert diagnostics.message("state", found, root=root) == (
        "state: Invalid value for variable (aws_s3_bucket.state)\n"
        "  at modules/operations/state_backend/main.tf:12\n"
        "  Retention days must be at least 1."
    )


@pytest.mark.parametrize(
    ("summary", "fix"),
    [
        ('S3 bucket "b" does not exist.', "Apply the state stack first"),
        ("Saved plan is stale", "plan again"),
        ("Provider configuration not present", "`removed:`"),
    ],
)
def test_common_errors_come_with_their_fix(summary: str, fix: str) -> None:
    assert fix in diagnostics.fix_for(Diagnostic(severity="error", summary=summary))


def test_a_page_in_a_summary_becomes_a_line_and_a_detail() -> None:
    found = _diagnostic(error('S3 bucket "b" does not exist.\n\nThe bucket must exist.', "More."))
    assert (found.summary, found.detail) == ('S3 bucket "b" does not exist.', "The bucket must exist.\nMore.")


def test_framed_text_is_read_as_diagnostics() -> None:
    text = (
        '╷\n│ \x1b[31mError: \x1b[0mUnsupported argument\n│ \n│   on main.tf line 3, in resource "x" "y":\n'
        "│    3:   z = 1\n│ \n│ Not expected here.\n╵\n"
    )
    (found,) = diagnostics.diagnostics_from_text(text)
    assert (found.severity, found.summary, found.file, found.line) == (
        "error",
        "Unsupported argument",
        "main.tf",
        3,
    )
    assert found.detail.endswith("Not expected here.")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (185, "3 min 5 s"),
        (7800, "2 h 10 min"),
        (273600, "3 d 4 h"),
    ],
)
def test_durations_are_read_at_a_glance(seconds: float, text: str) -> None:
    assert diagnostics.duration(seconds) == text


def test_a_stream_keeps_what_is_planned_done_failed_and_under_way() -> None:
    stream = EventStream()
    for line in (
        "Warning: this is no event",
        '{"broken json',
        '{"json": "but no event"}',
        planned("a"),
        planned("b", "replace"),
        planned("c", "noop"),
        hook("start", "a"),
        hook("complete", "a"),
        hook("complete", "b", "delete"),
        hook("complete", "b", "create"),
        hook("start", "d"),
        hook("errored", "d"),
        hook("start", "e"),
        error("Broken"),
    ):
        stream.take(line)
    assert stream.planned == {"a": "create", "b": "replace"}
    assert stream.completed == {"a": "create", "b": "replace"}
    assert (stream.failed, stream.under_way, stream.noise) == ({"d": "create"}, {"e": "create"}, 3)
    assert [each.summary for each in stream.diagnostics] == ["Broken"]
    assert str(stream.planned_changes) == "1 to create, 1 to replace"
    assert stream.unsettled == {"e": "create"}


def test_a_change_whose_call_was_cut_off_may_have_been_made_and_one_that_was_refused_was_not() -> None:
    stream = EventStream()
    for line in (
        hook("start", "a"),
        hook("errored", "a"),
        hook("start", "b"),
        hook("errored", "b"),
        error("creating A: operation error X: CreateA, canceled, context canceled", address="a"),
        error("creating B: operation error X: CreateB, BAlreadyExists", address="b"),
        error("execution halted"),
    ):
        stream.take(line)
    assert stream.unsettled == {"a": "create"}


def test_a_sensitive_output_is_not_kept() -> None:
    stream = EventStream()
    outputs = {"open": {"sensitive": False, "value": 1}, "secret": {"sensitive": True, "value": "hunter2"}}
    stream.take(json.dumps({"@level": "info", "type": "outputs", "outputs": outputs}))
    assert stream.outputs == {"open": 1}


@pytest.mark.parametrize(
    ("summary", "detail", "text"),
    [
        (
            "No valid credential sources found",
            "Error: no EC2 IMDS role found, request to EC2 IMDS failed",
            "data: No AWS credentials are found.\n"
            "  Fix: Give credentials, for example AWS_PROFILE=<profile>, or run against the sandbox with "
            "SANDBOX=1.",
        ),
        (
            "operation error S3: ListObjectsV2",
            "api error ExpiredToken: The provided token has expired.",
            "data: The AWS session has expired.\n  Fix: Log in again.",
        ),
        (
            "Failed to query available provider packages",
            "no available releases match the given constraints",
            "data: Terraform cannot get the AWS provider.\n"
            "  Fix: Give access to the provider registry, or name a mirror of the provider in "
            "TF_PROVIDER_MIRROR.",
        ),
        (
            "error listing S3 Bucket Objects",
            "dial tcp: lookup s3.us-east-1.amazonaws.com: no such host",
            "data: The network cannot be reached.\n  Fix: Check the network, the DNS server and HTTPS_PROXY.",
        ),
        (
            "Failed to save state",
            "write errored.tfstate: no space left on device",
            "data: The disk is full.\n"
            "  Fix: Free some space where the checkout and the temporary directory lie, then run the same "
            "again.",
        ),
    ],
)
def test_a_fault_of_the_machine_is_told_with_its_fix_alone(summary: str, detail: str, text: str) -> None:
    diagnostic = Diagnostic(severity="error", summary=summary, detail=detail, file="main.tf", line=3)
    assert diagnostics.message("data", diagnostic, root=Path("envs/prod/data")) == text


def test_an_endpoint_that_does_not_answer_is_not_taken_for_the_network() -> None:
    detail = "dial tcp 10.0.0.1:443: i/o timeout"
    assert diagnostics.cause_of(Diagnostic(severity="error", summary="x", detail=detail)) is None
