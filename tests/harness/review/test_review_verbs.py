"""The verbs from their arguments to their exit status, with a fake Terraform."""

from __future__ import annotations

import contextlib
import json
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.manifest.problems import InputRefused
from harness import cli
from harness.drift import findings as drift
from harness.drift import report as drift_report
from harness.environments import REPOSITORY
from harness.lifecycle import reviewed as applying
from harness.lifecycle import verbs
from harness.review.confirmation import Consent
from harness.targets import session as targets
from harness.targets.session import Run
from harness.terraform.session import Session
from harness.terraform.stack import Target
from tests.harness.delivery.memory_buckets import MemoryBuckets
from tests.harness.review.conftest import SmallEnvironment, small_environment
from tests.harness.terraform.fake_terraform import FakeTerraform, error, planned

KEY = "module.key.aws_kms_key.this"
GONE = {"address": KEY, "change": {"actions": ["delete"]}}
SHOWN = {"lines": [json.dumps({"resource_changes": [GONE]})]}
NOTHING = {"lines": ["{}"]}


@pytest.fixture
def environment(
    tmp_path: Path, session: Session, fake: FakeTerraform, monkeypatch: pytest.MonkeyPatch
) -> SmallEnvironment:
    """Of which `data` would lose a key; its Terraform is the fake one."""

    @contextlib.contextmanager
    def opened(environment: object, target: Target, **options: Any) -> Iterator[Session]:
        options.pop("as_json", None)
        yield replace(session, target=target, **options)

    @contextlib.contextmanager
    def target_of(environment: object, *, sandbox: bool) -> Iterator[Target]:
        yield replace(session.target, name="sandbox" if sandbox else "aws")

    monkeypatch.setattr(targets, "session", opened)
    monkeypatch.setattr(targets, "target_of", target_of)
    fake.answer(
        data_plan={"exit": 2, "lines": [planned(KEY, "delete")]},
        **{"data show": SHOWN, "edge show": NOTHING},
    )
    return small_environment(tmp_path, data=2, edge=6)


def _plan(environment: SmallEnvironment, folder: Path, *, sandbox: bool = False) -> int:
    return verbs.plan(Run(environment=environment, sandbox=sandbox), plans_folder=folder)


def _apply(
    environment: SmallEnvironment, folder: Path, *confirmed: str, sandbox: bool = False, yes: bool = True
) -> tuple[int, list[str]]:
    said: list[str] = []
    status = applying.apply(
        Run(environment=environment, sandbox=sandbox),
        Consent(yes=yes, confirmed=frozenset(confirmed)),
        folder=folder,
        say=said.append,
    )
    return status, said


def _applied(fake: FakeTerraform) -> list[str]:
    return [each for each in fake.commands if each.endswith(" apply")]


def test_reviewed_plans_that_lose_data_are_applied_when_it_is_named(
    environment: SmallEnvironment, fake: FakeTerraform, tmp_path: Path
) -> None:
    assert _plan(environment, tmp_path / "plans") == 0
    status, said = _apply(environment, tmp_path / "plans", f"data:{KEY}")
    assert status == 0
    assert said[1:] == ["no changes were reviewed in edge"]
    assert _applied(fake) == ["data apply"]


@pytest.mark.parametrize(
    ("confirmed", "yes", "why"),
    [((), True, "destroys data that nobody has named"), ((KEY,), False, "nothing was done; answer yes")],
)
def test_neither_yes_nor_names_alone_are_enough(
    environment: SmallEnvironment,
    fake: FakeTerraform,
    tmp_path: Path,
    confirmed: tuple[str, ...],
    yes: bool,
    why: str,
) -> None:
    _plan(environment, tmp_path / "plans")
    with pytest.raises(InputRefused, match=why):
        _apply(environment, tmp_path / "plans", *confirmed, yes=yes)
    assert _applied(fake) == []


def test_the_sandbox_asks_nothing(environment: SmallEnvironment, fake: FakeTerraform, tmp_path: Path) -> None:
    _plan(environment, tmp_path / "plans", sandbox=True)
    assert _apply(environment, tmp_path / "plans", sandbox=True, yes=False)[0] == 0

    def never(question: str) -> Any:
        raise AssertionError(question)

    run, consent = Run(environment=environment, sandbox=True), Consent(ask=never, typed=never)
    assert verbs.apply(run, consent) == 0
    assert verbs.destroy(run, consent) == 0


def test_plans_of_the_sandbox_are_not_applied_to_aws(
    environment: SmallEnvironment, fake: FakeTerraform, tmp_path: Path
) -> None:
    _plan(environment, tmp_path / "plans", sandbox=True)
    with pytest.raises(InputRefused) as refused:
        _apply(environment, tmp_path / "plans", KEY)
    assert refused.value.problems == (
        "target name: was sandbox when reviewed, is aws",
        "nothing was applied: this is not what was reviewed",
    )
    assert _applied(fake) == []


def test_an_ordinary_apply_takes_the_names_too(environment: SmallEnvironment, fake: FakeTerraform) -> None:
    run = Run(environment=environment)
    assert verbs.apply(run, Consent(yes=True)) == 2
    assert _applied(fake) == []
    assert verbs.apply(run, Consent(yes=True, confirmed=frozenset({KEY}))) == 0
    assert _applied(fake) == ["data apply"]


def test_destroying_lists_what_the_states_hold_before_it_asks(
    environment: SmallEnvironment, fake: FakeTerraform
) -> None:
    state = {
        "lineage": "a",
        "serial": 1,
        "resources": [
            {"mode": "managed", "module": "module.key", "type": "aws_kms_key", "name": "this",
             "instances": [{}]},
            {"mode": "data", "type": "aws_region", "name": "current", "instances": [{}]},
            {"mode": "managed", "type": "aws_s3_bucket", "name": "b", "instances": [{"index_key": "x"}]},
        ],
    }  # fmt: skip
    fake.answer(**{"data state pull": {"lines": [json.dumps(state)]}})
    said: list[str] = []
    with pytest.raises(InputRefused, match="run again with YES=1 CONFIRM=prod"):
        verbs.destroy(Run(environment=environment), Consent(yes=True), say=said.append)
    assert said[1:] == [
        "  data: 2 resources",
        '    aws_s3_bucket.b["x"]: objects; of the stack `state` the Terraform state of a region',
        "    module.key.aws_kms_key.this: everything encrypted with it, once its waiting period is over",
        "  edge: 0 resources",
    ]
    assert not any(each.endswith((" plan", " apply")) for each in fake.commands)


def test_summaries_of_kept_plans_are_written_as_markdown_and_json(
    environment: SmallEnvironment, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "plans"
    _plan(environment, folder)
    capsys.readouterr()
    assert cli.main(["summary", "--plans", str(folder)]) == 0
    assert capsys.readouterr().out == (folder / "summary.md").read_text()
    out = tmp_path / "out" / "all.json"
    assert cli.main(["summary", "--plans", str(folder), "--json", "--out", str(out)]) == 0
    (found,) = json.loads(out.read_text())
    assert found["totals"] == {"destroy": 1, "replace": 0, "update": 0, "create": 0}
    assert [each["address"] for each in found["lost"]] == [KEY]


def test_a_plan_as_json_has_from_what_to_what(
    environment: SmallEnvironment, fake: FakeTerraform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change = {
        "actions": ["delete", "create"],
        "before": {"k": 1},
        "after": {"k": 2},
        "replace_paths": [["k"]],
    }
    fake.answer(
        **{
            "data plan": {"exit": 2, "lines": [planned("aws_x.y", "replace")]},
            "data show": {
                "lines": [json.dumps({"resource_changes": [{"address": "aws_x.y", "change": change}]})]
            },
        }
    )
    assert verbs.plan(Run(environment=environment, only=("data",), as_json=True)) == 0
    ((found,),) = (each["changes"] for each in json.loads(capsys.readouterr().out)["stacks"])
    assert found["values"] == [{"path": "k", "before": "1", "after": "2"}]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["apply", "--env", "prod", "--plans", "nowhere"], "PLANS=nowhere: holds no reviewed.json"),
        (["summary", "--plans", "nowhere"], "PLANS=nowhere: holds no reviewed.json"),
        (["plan", "--env", "prod", "--plans", "harness"], "is not ours to replace"),
        (["plan", "--env", "prod", "--documents"], "give --plans FOLDER too"),
        (["apply", "--env", "prod", "--confirm", "a["], "has a bracket that does not end"),
        (["drift", "--env", "prod", "--since", "nowhere.json"], "SINCE=nowhere.json: No such file"),
    ],
)
def test_wrong_folders_and_names_are_refused_before_anything_runs(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(REPOSITORY)
    assert cli.main(words) == 2
    assert message in capsys.readouterr().err


def test_an_address_reaches_apply_through_make_as_it_is() -> None:
    address = """data:module.tables["it's here"].aws_dynamodb_table.this"""
    command = ["make", "-n", "-o", "setup", "apply", f"CONFIRM={address}", "PLANS=one two", "YES=1"]
    said = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    (words,) = [shlex.split(line) for line in said.splitlines() if "--confirm" in line]
    assert words[words.index("--confirm") + 1] == address
    assert [words[n + 1] for n, word in enumerate(words) if word == "--plans"] == ["one", "two"]


def _drift(environment: SmallEnvironment, **options: Any) -> int:
    run = Run(environment=environment, as_json=options.pop("as_json", True))
    return drift_report.drift(run, say=options.pop("say", print), **options)


def test_drift_is_told_with_its_status_and_remembered(
    environment: SmallEnvironment,
    session: Session,
    fake: FakeTerraform,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    fake.answer(**{"data plan": {}, "data show": [NOTHING, SHOWN, SHOWN, NOTHING]})
    assert _drift(environment) == 0
    report, text = tmp_path / "report.json", tmp_path / "issue.md"
    assert _drift(environment, report=report, markdown=text) == 1
    (first,) = drift.read(report).stacks[0].findings
    assert first.not_before is not None
    assert f"! data: {KEY} would be destroyed" in text.read_text()
    assert _drift(environment) == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["event"], told["stacks"][0]["findings"][0]["first_seen"]) == (
        "Drift",
        drift.read(report).model_dump(mode="json")["stacks"][0]["findings"][0]["first_seen"],
    )
    assert _drift(environment) == 0
    assert not session.directory("data").plan_file.exists()


def test_a_runner_that_remembers_nothing_knows_since_when_from_the_state_bucket(
    environment: SmallEnvironment,
    fake: FakeTerraform,
    session: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    buckets = MemoryBuckets()
    monkeypatch.setattr(drift_report, "Buckets", lambda _: buckets)
    monkeypatch.setattr(environment.stacks[0], "state_bucket", "prod-tfstate", raising=False)
    fake.answer(**{"data plan": {}, "data show": [NOTHING, SHOWN]})
    history, report = session.directory("drift").path.parent / drift.HISTORY, tmp_path / "report.json"
    for night, status in ((1, 0), (2, 1)):
        monkeypatch.setenv("GITHUB_RUN_ID", str(night))
        assert _drift(environment, kept=True, report=report) == status
        history.unlink()
    (found,) = drift.read(report).stacks[0].findings
    assert found.not_before is not None
    assert len(buckets.objects) == 2


def test_a_stack_that_cannot_be_planned_is_a_failure_and_holds_up_no_other(
    environment: SmallEnvironment, fake: FakeTerraform, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.answer(**{"data plan": {"exit": 1, "lines": [error("Invalid value")]}})
    assert _drift(environment, as_json=False) == 1
    said = capsys.readouterr().out
    assert "data: not checked (failed)" in said
    assert said.splitlines()[-1] == "prod on aws: 2 stacks, not checked: data"
    assert "edge show" in fake.commands
