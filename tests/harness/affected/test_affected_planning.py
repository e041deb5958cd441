"""`affected` and `plan --affected` from the front door; Terraform is a fake, git and generator are real."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import cli, environments
from harness.affected import planning
from harness.lifecycle import verbs
from harness.targets import announced
from harness.targets import session as targets
from harness.targets.session import Run
from harness.terraform.adapter import Limits
from harness.terraform.session import Session
from harness.terraform.stack import Target
from tests.harness.affected.changed_repository import Repository
from tests.harness.terraform import fake_terraform
from tests.harness.terraform.fake_terraform import BUCKET_MISSING, FakeTerraform, planned


@pytest.fixture
def here(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """The repository that the verbs work on."""
    for module in (cli.changes, environments, planning):
        monkeypatch.setattr(module, "REPOSITORY", repository.root)
    monkeypatch.setattr(environments, "ENVIRONMENTS", repository.root / "envs")
    monkeypatch.setattr(environments, "SCHEMA", repository.root / "envs/manifest.schema.json")
    return repository


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The stacks that each plain plan was asked for."""
    found: list[tuple[str, ...]] = []

    def plan(run: Run, **_: Any) -> int:
        found.append(run.only)
        return 0

    monkeypatch.setattr(verbs, "plan", plan)
    return found


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeTerraform:
    """What destruction is planned with, against an AWS that is no one's."""
    made = fake_terraform.make(tmp_path / "fake")
    (tmp_path / "terraform.rc").write_text("")

    @contextlib.contextmanager
    def session(environment: Any, target: Target, **_: Any) -> Iterator[Session]:
        yield Session(
            environment=environment.name,
            target=target,
            binary=made.binary,
            cli_config=tmp_path / "terraform.rc",
            work=tmp_path / ".antipode",
            limits=Limits(grace=1),
        )

    @contextlib.contextmanager
    def target_of(environment: Any, *, sandbox: bool) -> Iterator[Target]:
        yield Target(name="aws")

    monkeypatch.setattr(targets, "session", session)
    monkeypatch.setattr(targets, "target_of", target_of)
    return made


@pytest.fixture
def without_us_west_2(here: Repository) -> Repository:
    here.change("envs/dev/manifest.yaml", "us-west-2:", "eu-west-1:")
    here.generate()
    return here


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def test_affected_is_a_table_with_the_reasons(here: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    here.append("modules/edge/zone/main.tf")
    assert cli.main(["affected"]) == 0
    commit = here.git("rev-parse", "--short=10", "main")
    assert [unwrapped(line) for line in capsys.readouterr().out.splitlines()] == [
        "environment wave stack because",
        "dev 1 global module edge/zone: main.tf",
        "dev 5 edge stack global, whose output zone_id it takes, is affected",
        f"2 of 6 stacks are affected; compared with main {commit}, the merge base of HEAD and main",
    ]


def test_affected_as_json_has_a_matrix_for_github(
    here: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    here.append("modules/edge/zone/main.tf")
    assert cli.main(["affected", "--env", "dev", "--base", "HEAD", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["matrix"] == {
        "include": [
            {"env": "dev", "stack": "global", "wave": 1, "action": "plan"},
            {"env": "dev", "stack": "edge", "wave": 5, "action": "plan"},
        ]
    }
    assert (told["count"], told["environments"]) == (2, ["dev"])
    assert told["base"] == {
        "ref": "HEAD",
        "commit": here.git("rev-parse", "HEAD"),
        "is": "the commit that BASE names",
    }
    assert [(each["stack"], each["affected"]) for each in told["stacks"]] == [
        ("state", False),
        ("data", False),
        ("global", True),
        ("us-east-1", False),
        ("us-west-2", False),
        ("edge", True),
    ]


def test_a_base_that_is_not_there_is_exit_2(here: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    for verb in ("affected", "plan"):
        words = [verb, "--base", "nowhere", "--env", "dev", *(["--affected"] if verb == "plan" else [])]
        assert cli.main(words) == 2
        assert capsys.readouterr().err.startswith("refused: BASE=nowhere: is no commit of this clone; ")


def test_plan_affected_plans_what_is_affected_and_says_why_the_rest_is_skipped(
    here: Repository, asked: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    here.append("modules/edge/zone/main.tf")
    assert cli.main(["plan", "--env", "dev", "--affected"]) == 0
    commit = here.git("rev-parse", "--short=10", "main")
    assert asked == [("global", "edge")]
    assert capsys.readouterr().err.splitlines() == [
        f"{stack}: skipped: nothing that it depends on differs from main {commit}"
        for stack in ("state", "data", "us-east-1", "us-west-2")
    ]


def test_plan_affected_with_nothing_affected_plans_nothing(
    here: Repository, asked: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["plan", "--env", "dev", "--affected", "--base", "HEAD", "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert asked == []
    assert [(each["event"], each["stack"]) for each in told] == [
        ("Skipped", stack) for stack in ("state", "data", "global", "us-east-1", "us-west-2", "edge")
    ]


def test_plan_affected_keeps_to_the_stacks_that_are_named(
    here: Repository, asked: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    here.append("modules/edge/zone/main.tf")
    words = ["plan", "--env", "dev", "--affected"]
    assert cli.main([*words, "--stack", "edge", "--stack", "data"]) == 0
    assert asked == [("edge",)]
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert cli.main([*words, "--stack", "nowhere"]) == 2
    assert "STACK=nowhere: is not a stack of dev; use state, data, global" in capsys.readouterr().err


def test_a_removed_stack_that_holds_something_fails_the_plan_with_what_destroys_it(
    without_us_west_2: Repository,
    asked: list[tuple[str, ...]],
    fake: FakeTerraform,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fake.answer(plan={"exit": 2, "lines": [planned("module.key.aws_kms_key.this", "delete")]})
    assert cli.main(["plan", "--env", "dev", "--affected"]) == 1
    assert asked == [("state", "data", "global", "eu-west-1", "us-east-1", "edge")]
    (call,) = [call for call in fake.calls if call["command"] == "plan"]
    assert (call["root"], "-destroy" in call["arguments"]) == ("us-west-2", True)
    told = capsys.readouterr()
    commit = without_us_west_2.git("rev-parse", "main")
    command = (
        f"git worktree add --detach .antipode/base-{commit[:10]} {commit} && "
        f"make -C .antipode/base-{commit[:10]} destroy ENV=dev STACK=us-west-2"
    )
    assert told.err.splitlines()[-1] == (
        f"dev/us-west-2: 1 resources are left; destroy them before the change goes in: {command}"
    )
    assert "module.key.aws_kms_key.this" in told.out


@pytest.mark.parametrize("answer", [{}, BUCKET_MISSING], ids=["its plan is empty", "its bucket is gone"])
def test_a_removed_stack_of_which_nothing_is_left_holds_nothing_up(
    without_us_west_2: Repository,
    asked: list[tuple[str, ...]],
    fake: FakeTerraform,
    answer: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    fake.answer(plan=answer)
    assert cli.main(["plan", "--env", "dev", "--affected", "--stack", "us-west-2"]) == 0
    assert asked == []
    assert capsys.readouterr().err.splitlines()[-1] == "dev/us-west-2: nothing of it is left on aws"


def test_a_removed_stack_that_cannot_be_planned_fails(
    without_us_west_2: Repository, fake: FakeTerraform, asked: list[tuple[str, ...]]
) -> None:
    fake.answer(plan={"exit": 1, "lines": [fake_terraform.error("no credentials")]})
    assert cli.main(["plan", "--env", "dev", "--affected", "--stack", "us-west-2"]) == 1


def test_a_removed_stack_whose_manifest_is_of_another_version_is_refused_with_what_destroys_it(
    here: Repository, asked: list[tuple[str, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    here.append("envs/dev/manifest.yaml", "legacy: true\n")
    commit = here.commit()
    here.change("envs/dev/manifest.yaml", "legacy: true\n", "")
    here.change("envs/dev/manifest.yaml", "us-west-2:", "eu-west-1:")
    here.generate()
    assert cli.main(["plan", "--env", "dev", "--affected", "--base", "HEAD", "--stack", "us-west-2"]) == 2
    told = capsys.readouterr().err
    assert f"make -C .antipode/base-{commit[:10]} destroy ENV=dev STACK=us-west-2" in told
    assert (
        f"refused: envs/dev at HEAD {commit[:10]}: this version does not take its manifest any more" in told
    )
    assert "legacy: is not a known key" in told


def test_an_empty_sandbox_cannot_tell_what_is_left(
    without_us_west_2: Repository,
    fake: FakeTerraform,
    asked: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(announced, "find", lambda **_: None)
    assert cli.main(["plan", "--env", "dev", "--affected", "--sandbox"]) == 3
    assert fake.calls == []


def test_an_environment_that_is_gone_is_planned_for_destruction(
    here: Repository, fake: FakeTerraform, asked: list[tuple[str, ...]]
) -> None:
    shutil.rmtree(here.root / "envs/dev")
    fake.answer(plan={"exit": 2, "lines": [planned("aws_kms_key.this", "delete")]})
    assert cli.main(["plan", "--env", "dev", "--affected"]) == 1
    destroyed = [call["root"] for call in fake.calls if call["command"] == "plan"]
    assert (asked, sorted(destroyed)) == (
        [],
        sorted(("state", "data", "global", "us-east-1", "us-west-2", "edge")),
    )


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [([], 0), ([0, 0], 0), ([0, 3], 3), ([3, 1], 1), ([1, 130], 130), ([2, 0], 2)],
)
def test_one_exit_status_for_several(statuses: list[int], expected: int) -> None:
    worst: Callable[[list[int]], int] = planning.worst
    assert worst(statuses) == expected
