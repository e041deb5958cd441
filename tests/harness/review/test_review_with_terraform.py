"""With the real Terraform: what a saved plan knows of its state, and what drift looks like to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest

from generator.manifest.problems import InputRefused
from harness.drift import findings as drifts
from harness.lifecycle import reviewed as applying
from harness.review import reviewed
from harness.sandbox.sandbox import Sandbox
from harness.targets.session import stack_runs
from harness.terraform import installation, runner
from harness.terraform.adapter import ExitStatus
from harness.terraform.session import Session
from harness.terraform.stack import StackRun, Target
from tests.harness.review.conftest import ACCOUNT, SmallEnvironment, small_environment

pytestmark = pytest.mark.terraform
AT = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 29, 6, 0, tzinfo=UTC)

DATA = """\
resource "terraform_data" "a" {
  input = "VALUE"
}
"""

GROUPS = """\
provider "aws" {
  region = "us-east-1"
}

resource "aws_cloudwatch_log_group" "kept" {
  name              = "kept"
  retention_in_days = 7
  tags              = { owner = "us" }
}

resource "aws_cloudwatch_log_group" "lost" {
  name = "lost"
}

resource "aws_s3_bucket" "objects" {
  bucket = "objects"
}

resource "aws_s3_bucket_versioning" "objects" {
  bucket = aws_s3_bucket.objects.id

  versioning_configuration {
    status = "Enabled"
  }
}
"""


@pytest.fixture
def local(tmp_path: Path) -> Session:
    """Without a provider: its state is a local file."""
    configuration = tmp_path / "terraform.rc"
    configuration.write_text("")
    return Session(
        environment="prod",
        target=Target(name="aws"),
        binary=installation.terraform_binary(),
        cli_config=configuration,
        work=tmp_path / ".antipode",
        documents=True,
    )


def _reviewed(session: Session, environment: SmallEnvironment, folder: Path) -> dict[str, reviewed.Kept]:
    stacks = stack_runs(environment)
    result = runner.plan(session, stacks)
    assert result.succeeded
    reviewed.keep(folder, environment, session, result, at=AT)
    return reviewed.chosen(reviewed.load(folder), ())


def _value(environment: SmallEnvironment) -> str:
    state = json.loads((environment.folder / "data" / "terraform.tfstate").read_text())
    return str(state["resources"][0]["instances"][0]["attributes"]["output"]["value"])


def test_what_was_reviewed_is_applied_and_neither_changed_code_nor_a_moved_state_is(
    local: Session, tmp_path: Path
) -> None:
    environment = small_environment(tmp_path, data=2)
    folder = tmp_path / "plans"
    version = installation.terraform_version(local.binary)

    environment.write("data", DATA.replace("VALUE", "one"))
    stacks = _reviewed(local, environment, folder)
    assert reviewed.problems(stacks, environment, local.target, terraform=version) == []
    assert applying.over(local, environment, stacks).succeeded
    assert _value(environment) == "one"

    environment.write("data", DATA.replace("VALUE", "two"))
    stacks = _reviewed(local, environment, folder)
    against = stacks["data"].record.stacks["data"].against
    assert against is not None
    environment.write("data", DATA.replace("VALUE", "three"))
    (changed,) = reviewed.problems(stacks, environment, local.target, terraform=version)
    assert changed.startswith("envs/prod/data/main.tf: was sha256 ")

    assert runner.apply(local, stack_runs(environment)).succeeded
    with pytest.raises(InputRefused) as refused:
        applying.over(local, environment, stacks)
    (moved, nothing) = refused.value.problems
    assert str(moved).startswith(
        f"data: the state has changed since the plan was reviewed: it was {against}, is serial "
    )
    assert nothing == "nothing was applied"

    saved = {"data": stacks["data"].plan_file("data")}
    runs = stack_runs(environment)
    result = runner.apply_reviewed(local, runs, saved=saved, differs=lambda stack, passed_on: None).of("data")
    assert (result.status, result.messages) == (
        ExitStatus.REFUSED,
        (
            "data: the state has changed since the plan was reviewed: it was not applied. "
            "Plan again and review that.",
        ),
    )
    assert _value(environment) == "three"


@pytest.fixture
def sandboxed(quick_terraform: Path, tmp_path: Path) -> Iterator[Session]:
    with Sandbox(account_id=ACCOUNT, regions=("us-east-1",)) as sandbox:
        yield Session(
            environment="prod",
            target=Target(name="sandbox", variables=sandbox.environment("us-east-1")),
            binary=quick_terraform,
            cli_config=installation.cli_configuration(tmp_path / "configuration"),
            work=tmp_path / ".antipode",
            documents=True,
        )


@pytest.mark.sandbox
def test_drift_made_behind_terraforms_back_is_told_with_its_attribute(
    sandboxed: Session, tmp_path: Path
) -> None:
    root = tmp_path / "envs" / "prod" / "us-east-1"
    root.mkdir(parents=True)
    (root / "main.tf").write_text(GROUPS)
    stack = StackRun(name="us-east-1", wave=3, root=root)
    assert runner.apply(sandboxed, [stack]).succeeded
    clean = drifts.report_of(runner.plan(sandboxed, [stack]), at=AT, previous=None)
    assert clean.in_sync
    # Not drift, although Terraform calls it so: our own resource changed the bucket after it was made.
    noticed = [(each.address, each.path) for each in clean.stacks[0].findings if each.kind == "noticed"]
    assert ("aws_s3_bucket.objects", "versioning") in noticed

    variables = sandboxed.target.variables
    logs = boto3.client(
        "logs",
        region_name="us-east-1",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )
    logs.put_retention_policy(logGroupName="kept", retentionInDays=30)
    logs.delete_log_group(logGroupName="lost")
    report = drifts.report_of(runner.plan(sandboxed, [stack]), at=LATER, previous=clean)
    found = [
        (each.address, each.path, each.what, each.detail, each.undone)
        for each in report.stacks[0].findings
        if each.counts
    ]
    assert found == [
        ("aws_cloudwatch_log_group.kept", "retention_in_days", "changed", "7 -> 30", True),
        ("aws_cloudwatch_log_group.lost", "", "deleted", "", True),
    ]
    assert {(each.not_before, each.first_seen) for each in report.stacks[0].findings if each.counts} == {
        (AT, LATER)
    }
    assert not report.in_sync
