from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from generator.manifest.problems import InputRefused
from harness.lifecycle import reviewed as applying
from harness.review import reviewed
from harness.review.reviewed import Kept, ReviewedState
from harness.targets.session import chosen, stack_runs
from harness.terraform import runner
from harness.terraform.adapter import ExitStatus
from harness.terraform.session import RunResult, Session
from harness.terraform.stack import Target
from harness.terraform.upstream import PassedOn
from tests.harness.review.conftest import CALL, SmallEnvironment, small_environment
from tests.harness.terraform.fake_terraform import BUCKET_MISSING, CHANGES, FakeTerraform, error, hook

AT = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
SECRET = "hunter2"
DOCUMENT = {
    "resource_changes": [
        {
            "address": "terraform_data.a",
            "change": {"actions": ["create"], "after": {"input": SECRET}, "after_sensitive": {}},
        }
    ]
}
SHOWN = {"lines": [json.dumps(DOCUMENT)]}
ZONE = {"lines": [json.dumps({"zone_id": {"value": "Z1", "sensitive": False}})]}
APPLIED = {"lines": [hook("start", "terraform_data.a"), hook("complete", "terraform_data.a")]}
NO_CHANGES = {"lines": ['{"resource_changes": []}']}


@pytest.fixture
def environment(tmp_path: Path) -> SmallEnvironment:
    return small_environment(tmp_path, world=1, data=2, edge=6)


@pytest.fixture
def planned(
    environment: SmallEnvironment, session: Session, fake: FakeTerraform
) -> Callable[..., tuple[Kept, RunResult]]:
    """Plans the environment, of which `data` and `edge` change, and keeps the plans in `plans`."""

    def make(*stacks: str, folder: str = "plans", documents: bool = False) -> tuple[Kept, RunResult]:
        runs = chosen(environment, stacks)
        known = stack_runs(environment)
        result = runner.plan(session, runs, known=known)
        where = environment.folder.parents[1] / folder
        kept = reviewed.keep(where, environment, session, result, at=AT, documents=documents)
        return kept, result

    fake.answer(
        data_plan=CHANGES,
        edge_plan=CHANGES,
        show=SHOWN,
        world_output=ZONE,
        apply=APPLIED,
        **{"world show": NO_CHANGES},
    )
    return make


def _problems(kept: Kept, environment: SmallEnvironment, session: Session, **change: str) -> list[str]:
    stacks = reviewed.chosen([kept], ())
    return reviewed.problems(stacks, environment, session.target, terraform=change.get("terraform", "1.11.4"))


def test_a_folder_of_plans_holds_what_is_needed_and_no_secret_but_in_private_plans(
    planned: Callable[..., tuple[Kept, RunResult]],
) -> None:
    kept, _ = planned()
    assert sorted(file.name for file in kept.folder.iterdir()) == [
        "data.tfplan", "edge.tfplan", "reviewed.json", "summary.json", "summary.md"
    ]  # fmt: skip
    assert stat.S_IMODE((kept.folder / "data.tfplan").stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.folder.stat().st_mode) == 0o700
    text = "".join(
        (kept.folder / name).read_text() for name in ("reviewed.json", "summary.json", "summary.md")
    )
    assert SECRET not in text
    (loaded,) = reviewed.load(kept.folder)
    assert loaded.record == kept.record


def test_the_record_says_what_was_reviewed(planned: Callable[..., tuple[Kept, RunResult]]) -> None:
    record = planned()[0].record
    assert (record.environment, record.terraform, record.made_at) == ("prod", "1.11.4", AT)
    assert record.target.model_dump() == {
        "name": "aws", "account_id": "123456789012", "endpoint": "aws", "region": "us-east-1"
    }  # fmt: skip
    assert sorted(record.files) == [
        "envs/prod/data/main.tf",
        "envs/prod/edge/main.tf",
        "envs/prod/functions/read.zip",
        "envs/prod/world/main.tf",
        "modules/it/main.tf",
    ]
    assert {name: each.outcome for name, each in record.stacks.items()} == {
        "world": "no changes", "data": "planned", "edge": "planned"
    }  # fmt: skip
    (zone,) = record.stacks["edge"].inputs
    assert (zone.stack, zone.output, zone.variable, zone.value) == ("world", "zone_id", "zone_id", "Z1")


def test_json_with_its_secrets_is_kept_when_asked_for(
    planned: Callable[..., tuple[Kept, RunResult]],
) -> None:
    kept, _ = planned("data", documents=True)
    assert json.loads((kept.folder / "data.json").read_text()) == DOCUMENT
    assert stat.S_IMODE((kept.folder / "data.json").stat().st_mode) == 0o600


def test_precisely_the_kept_plans_are_applied_wave_by_wave(
    planned: Callable[..., tuple[Kept, RunResult]],
    environment: SmallEnvironment,
    session: Session,
    fake: FakeTerraform,
) -> None:
    kept, _ = planned()
    assert _problems(kept, environment, session) == []
    before = len(fake.commands)
    changing = dict.fromkeys(("data", "edge"), kept)
    result = applying.over(session, environment, changing)
    assert result.succeeded
    done = fake.commands[before:]
    assert [each for each in done if each.endswith("apply")] == ["data apply", "edge apply"]
    assert not any(each.endswith(" plan") for each in done)
    assert kept.plan_file("data").is_file()
    assert not session.directory("data").plan_file.exists()


def test_everything_that_differs_is_told_at_once_with_both_values(
    planned: Callable[..., tuple[Kept, RunResult]], environment: SmallEnvironment, session: Session
) -> None:
    kept, _ = planned()
    environment.write("data", f"{CALL}locals {{}}\n")
    (environment.folder / "functions" / "read.zip").unlink()
    kept.plan_file("edge").write_text("another")
    elsewhere = replace(
        session, target=Target(name="sandbox", variables={"AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    )
    found = _problems(kept, environment, elsewhere, terraform="1.12.0")
    assert found[:4] == [
        "target name: was aws when reviewed, is sandbox",
        "target endpoint: was aws when reviewed, is custom",
        "target region: was us-east-1 when reviewed, is not set",
        "Terraform: was 1.11.4 when reviewed, is 1.12.0; use the same",
    ]
    assert [each.partition(": was sha256 ")[0] for each in found[4:]] == [
        "envs/prod/data/main.tf", "envs/prod/functions/read.zip", str(kept.plan_file("edge"))
    ]  # fmt: skip
    assert found[5].endswith(" when reviewed, is not there")


def test_a_changed_module_is_told_and_a_changed_readme_is_not(
    planned: Callable[..., tuple[Kept, RunResult]], environment: SmallEnvironment, session: Session
) -> None:
    kept, _ = planned("data")
    module = environment.folder.parents[1] / "modules" / "it"
    (module / "README.md").write_text("words")
    assert _problems(kept, environment, session) == []
    (module / "main.tf").write_text("locals {}\n")
    (found,) = _problems(kept, environment, session)
    assert found.startswith("modules/it/main.tf: was sha256 ")


def test_plans_of_another_environment_are_refused(
    planned: Callable[..., tuple[Kept, RunResult]], environment: SmallEnvironment, session: Session
) -> None:
    kept, _ = planned("data")
    other = replace(environment, name="dev")
    assert _problems(kept, other, session) == ["environment: prod was reviewed, this is dev"]


def test_a_stack_planned_without_an_upstream_value_cannot_be_applied_and_the_rest_can(
    planned: Callable[..., tuple[Kept, RunResult]],
    environment: SmallEnvironment,
    session: Session,
    fake: FakeTerraform,
) -> None:
    fake.answer(world_output={"lines": ["{}"]})
    kept, _ = planned()
    assert kept.record.stacks["edge"].outcome == "incomplete"
    (found,) = _problems(kept, environment, session)
    assert found.startswith(
        "edge: its reviewed plan is not whole: edge: zone_id is not known yet: it is output"
    )
    assert found.endswith("then plan and review edge again; STACK= leaves it out.")
    only = reviewed.chosen([kept], ("data",))
    assert reviewed.problems(only, environment, session.target, terraform="1.11.4") == []


def test_an_environment_that_does_not_exist_yet_is_incomplete(
    planned: Callable[..., tuple[Kept, RunResult]], fake: FakeTerraform
) -> None:
    fake.answer(**{"data init": BUCKET_MISSING, ".bootstrap-data plan": CHANGES})
    kept, _ = planned("data")
    assert kept.record.stacks["data"].outcome == "incomplete"
    assert "its state bucket does not exist yet" in kept.record.stacks["data"].why[0]
    assert not kept.plan_file("data").exists()


def test_a_stack_that_could_not_be_planned_is_refused(
    planned: Callable[..., tuple[Kept, RunResult]],
    environment: SmallEnvironment,
    session: Session,
    fake: FakeTerraform,
) -> None:
    fake.answer(data_plan={"exit": 1, "lines": [error("Invalid value")]})
    kept, _ = planned("data")
    assert _problems(kept, environment, session) == [
        "data: could not be planned when reviewed: data: Invalid value"
    ]


def test_a_state_that_has_moved_is_refused_before_anything_is_applied(
    planned: Callable[..., tuple[Kept, RunResult]],
    environment: SmallEnvironment,
    session: Session,
    fake: FakeTerraform,
) -> None:
    kept, _ = planned()
    against = ReviewedState(lineage="a", serial=5)
    stack = kept.record.stacks["edge"].model_copy(update={"against": against})
    moved = Kept(
        kept.folder, kept.record.model_copy(update={"stacks": {**kept.record.stacks, "edge": stack}})
    )
    fake.answer(state_pull={"lines": [json.dumps({"lineage": "a", "serial": 7, "resources": []})]})
    with pytest.raises(InputRefused) as refused:
        applying.over(session, environment, dict.fromkeys(("data", "edge"), moved))
    assert refused.value.problems == (
        "edge: the state has changed since the plan was reviewed: it was serial 5 of lineage a, "
        "is serial 7 of lineage a; plan again and review that",
        "nothing was applied",
    )
    assert not any(each.endswith("apply") for each in fake.commands)


def test_terraform_that_finds_the_plan_stale_is_one_clear_message(
    planned: Callable[..., tuple[Kept, RunResult]],
    environment: SmallEnvironment,
    session: Session,
    fake: FakeTerraform,
) -> None:
    kept, _ = planned()
    fake.answer(apply={"exit": 1, "lines": [error("Saved plan is stale", "The given plan file ...")]})
    result = applying.over(session, environment, dict.fromkeys(("data", "edge"), kept))
    assert [(each.stack, each.status) for each in result.results] == [
        ("data", ExitStatus.REFUSED), ("edge", ExitStatus.NOT_STARTED)
    ]  # fmt: skip
    assert result.of("data").messages == (
        "data: the state has changed since the plan was reviewed: it was not applied. "
        "Plan again and review that.",
    )
    assert result.exit_code == 2


def test_an_upstream_value_that_is_another_now_refuses_the_stack(
    planned: Callable[..., tuple[Kept, RunResult]],
) -> None:
    kept, _ = planned("edge")
    same = PassedOn(variable="zone_id", stack="world", output="zone_id", value="Z1")
    assert applying.differs(kept, "edge", [same]) is None
    assert applying.differs(kept, "edge", [replace(same, value="Z2")]) == (
        "edge: zone_id (output zone_id of world) was Z1 when reviewed, is Z2. "
        "It was not applied: plan it again."
    )
    assert "is not known" in str(applying.differs(kept, "edge", []))


def test_runners_of_a_matrix_each_bring_their_folder(
    planned: Callable[..., tuple[Kept, RunResult]], environment: SmallEnvironment
) -> None:
    planned("data", folder="all/one")
    planned("edge", folder="all/two")
    everything = environment.folder.parents[1] / "all"
    stacks = reviewed.chosen(reviewed.load(everything), ())
    assert {name: kept.folder.name for name, kept in stacks.items()} == {"data": "one", "edge": "two"}
    (found,) = reviewed.summaries_in([everything])
    assert [each.stack for each in found.stacks] == ["data", "edge"]
    planned("data", folder="all/three")
    with pytest.raises(InputRefused, match=r"data: is in .*one and in .*three; keep one"):
        reviewed.chosen(reviewed.load(everything), ())


def test_a_stack_that_is_not_in_the_folder_is_refused(
    planned: Callable[..., tuple[Kept, RunResult]],
) -> None:
    kept, _ = planned("data")
    with pytest.raises(InputRefused, match="STACK=edge: is not among the reviewed plans; there are data"):
        reviewed.chosen([kept], ("edge",))


def test_a_folder_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    with pytest.raises(InputRefused, match="is not ours to replace"):
        reviewed.refuse_foreign(tmp_path)
    with pytest.raises(InputRefused, match=r"holds no reviewed\.json"):
        reviewed.load(tmp_path)


def test_a_record_that_was_spoiled_is_refused_with_its_key(tmp_path: Path) -> None:
    (tmp_path / "reviewed.json").write_text('{"version": 2}')
    with pytest.raises(InputRefused) as refused:
        reviewed.load(tmp_path)
    assert str(refused.value.problems[0]).startswith(f"{tmp_path}/reviewed.json: version: ")


def test_what_a_plan_was_made_against_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "x.tfplan"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        zipped.writestr("tfstate", json.dumps({"lineage": "a", "serial": 3, "resources": []}))
    file.write_bytes(packed.getvalue())
    assert reviewed.planned_against(file) == ReviewedState(lineage="a", serial=3)
    file.write_text("no plan")
    assert reviewed.planned_against(file) is None


def test_no_state_is_no_state_whatever_lineage_it_was_given() -> None:
    assert reviewed.state_of(b"") == ReviewedState()
    assert reviewed.state_of(b'{"lineage": "of the moment", "serial": 0}') == ReviewedState()
