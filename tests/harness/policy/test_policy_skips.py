"""Skips: where they stand, what they must say, and when they end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.manifest.problems import InputRefused
from harness.environments import REPOSITORY
from harness.policy import run, skips
from harness.policy.skips import Skip
from harness.policy.staging import without_skips

FILE = Path("modules/data/bucket/main.tf")
REASON = "Access logs are the caller's choice."


def bucket(comment: str) -> str:
    return f'resource "aws_s3_bucket" "this" {{\n  {comment}\n  bucket = var.name\n}}\n'


def test_a_skip_belongs_to_the_block_that_it_stands_in() -> None:
    text = bucket(f"# checkov:skip=CKV_AWS_18:{REASON}")
    assert skips.inline(FILE, text, module="data/bucket") == (
        [Skip("CKV_AWS_18", "aws_s3_bucket.this", "data/bucket", "*", REASON, None, f"{FILE}:2")],
        [],
    )


def test_a_debt_has_a_day_on_which_it_ends() -> None:
    found, wrong = skips.inline(
        FILE, bucket("# checkov:skip=CKV_AWS_18: not built yet, until 2027-06-30"), module="data/bucket"
    )
    assert ([skip.until for skip in found], wrong) == ([date(2027, 6, 30)], [])
    assert skips.expired(found, today=date(2027, 6, 30)) == []
    assert skips.expired(found, today=date(2027, 7, 1)) == [
        f"{FILE}:2: CKV_AWS_18 on aws_s3_bucket.this ended on 2027-06-30; fix it, or decide anew"
    ]


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        (
            "# checkov:skip=CKV_AWS_18",
            "CKV_AWS_18: the reason must have at least 20 characters and say why this resource is right as "
            "it is (found '')",
        ),
        (
            "# checkov:skip=CKV_AWS_18: access logs come later",
            "CKV_AWS_18: 'later' makes it a debt; name the issue (#12) or the day it ends (until 2027-06-30)",
        ),
        (
            "# checkov:skip=CKV_AWS_18: access logs, until 2027-02-30",
            "CKV_AWS_18: `until 2027-02-30` is not a day; write it as until 2027-06-30",
        ),
        (
            "bucket = 1 # checkov:skip=CKV_AWS_18:x",
            "a skip is written `# checkov:skip=ID:reason` on a line of its own (found 'bucket = 1 # "
            "checkov:skip=CKV_AWS_18:x')",
        ),
    ],
)
def test_a_skip_that_does_not_say_why_is_wrong(comment: str, message: str) -> None:
    assert skips.inline(FILE, bucket(comment), module="data/bucket")[1] == [f"{FILE}:2: {message}"]


def test_an_issue_is_enough_for_a_debt() -> None:
    text = bucket("# checkov:skip=CKV_AWS_18: access logs come later, see #12")
    assert skips.inline(FILE, text, module="data/bucket")[1] == []


def test_a_skip_outside_of_any_resource_is_wrong() -> None:
    found = skips.inline(FILE, f"# checkov:skip=CKV_AWS_18:{REASON}\n", module="data/bucket")
    assert found == (
        [],
        [f"{FILE}:1: CKV_AWS_18 is skipped outside of any resource; move it into the block"],
    )


def test_a_check_that_checkov_does_not_know_is_named() -> None:
    found, _ = skips.inline(FILE, bucket(f"# checkov:skip=CKV_AWS_99999:{REASON}"), module="data/bucket")
    assert skips.unknown(found, known=frozenset({"CKV_AWS_18"})) == [
        f"{FILE}:2: CKV_AWS_99999 is not a check that checkov knows; correct the id or take the skip out"
    ]


def test_a_file_of_skips_is_refused_with_every_mistake_in_it(tmp_path: Path) -> None:
    file = tmp_path / "skips.yaml"
    file.write_text("skips:\n  - rule: CKV_AWS_18\n    reson: typo\n    until: soon\n")
    with pytest.raises(InputRefused) as caught:
        skips.central(file)
    assert [str(problem).split(": ")[1] for problem in caught.value.problems] == [
        "skips[0].resource",
        "skips[0].reason",
        "skips[0].until",
        "skips[0].reson",
    ]


def test_an_entry_may_be_for_some_environments(tmp_path: Path) -> None:
    file = tmp_path / "skips.yaml"
    file.write_text(
        "skips:\n  - rule: CKV_AWS_18\n    resource: aws_s3_bucket.*\n    environment: reference/*\n"
        f"    reason: {REASON}\n"
    )
    (skip,), wrong = skips.central(file)
    assert wrong == []
    asked = {"addresses": ("aws_s3_bucket.logs",), "module": "data/bucket"}
    assert skip.covers("CKV_AWS_18", **asked, environment="reference/global-serverless")  # type: ignore[arg-type]
    assert not skip.covers("CKV_AWS_18", **asked, environment="prod")  # type: ignore[arg-type]
    assert not skip.covers("CKV_AWS_19", **asked, environment="reference/x")  # type: ignore[arg-type]


@given(st.text(max_size=200))
def test_no_text_is_more_than_a_module_with_mistakes(text: str) -> None:
    found, _ = skips.inline(FILE, text, module="data/bucket")
    assert not found or "checkov:skip" in text
    assert skips.inline(FILE, without_skips(text), module="data/bucket") == ([], [])


def test_the_skips_of_this_repository_have_reasons_and_none_is_over() -> None:
    found, wrong = run.written_skips(run.POLICIES / "skips.yaml", run.MODULES)
    assert (wrong, skips.expired(found, today=date.today())) == ([], [])
    assert any(skip.place.startswith("modules/") for skip in found)


def test_there_is_no_baseline_of_checkov() -> None:
    assert [*REPOSITORY.glob("envs/**/.checkov*"), *REPOSITORY.glob("modules/**/.checkov*")] == []
    assert list(REPOSITORY.glob(".checkov*")) == []
