from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.terraform import bootstrap, runner
from harness.terraform.adapter import ExitStatus
from harness.terraform.events import Changes, ResourceEvent
from harness.terraform.progress_events import (
    ProgressEvent,
    ResourceProgress,
    Said,
    StackPlanned,
    StepStarted,
)
from harness.terraform.usable import watched
from tests.harness.terraform.conftest import MakeSession, MakeStack
from tests.harness.terraform.fake_terraform import BUCKET_MISSING, CHANGES, FakeTerraform, hook, planned

EMPTY = {"lines": [json.dumps({"version": 4, "serial": 0, "lineage": "", "resources": []})]}
COPY = ".bootstrap-state"


def _state(*names: str, lineage: str = "here", serial: int = 1) -> str:
    return json.dumps(
        {"version": 4, "serial": serial, "lineage": lineage, "resources": [{"name": name} for name in names]}
    )


def _pulled(*names: str, **identity: Any) -> dict[str, Any]:
    return {"lines": [_state(*names, **identity)]}


def _local(tmp_path: Path, state: str | None = None) -> Path:
    path = tmp_path / ".antipode/sandbox/prod/state/bootstrap.tfstate"
    if state is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(state)
    return path


def _said(told: list[ProgressEvent]) -> list[str]:
    return [each.text for each in told if isinstance(each, Said)]


def test_the_state_stack_is_made_with_a_local_state_that_moves_into_its_own_bucket(
    fake: FakeTerraform,
    make_session: MakeSession,
    make_stack: MakeStack,
    told: list[ProgressEvent],
    tmp_path: Path,
) -> None:
    local = _local(tmp_path, _state("bucket"))  # as the apply in the copy writes it
    fake.answer(
        **{
            "state init": [BUCKET_MISSING, {}],
            f"{COPY} plan": CHANGES,
            "state pull": _pulled("bucket", lineage="pushed"),
        }
    )
    stack = make_stack("state", 0, bootstrap=True)
    run = runner.apply(make_session(), [stack])
    assert run.succeeded, run.of("state").messages
    assert fake.commands == [
        "state init",
        f"{COPY} init",
        f"{COPY} plan",
        f"{COPY} apply",
        "state init",
        "state state push",
        "state state pull",
        "state plan",
    ]
    assert f"-backend-config=path={local}" in fake.calls[1]["arguments"]
    assert fake.calls[5]["arguments"][-1] == str(local)
    assert _said(told) == ["the state lies in its own bucket now"]
    assert not local.exists()
    assert [path.name for path in stack.root.parent.iterdir()] == ["state"]


def test_the_copy_holds_the_root_its_lock_file_and_a_local_backend(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, tmp_path: Path
) -> None:
    stack = make_stack("state", 0, "# root\n", bootstrap=True)
    (stack.root / ".terraform.lock.hcl").write_text("# lock\n")
    (stack.root / "terraform.tfstate").write_text("{}")
    seen: dict[str, str] = {}

    def review(stack: object, plan: object) -> bool:
        copy = tmp_path / "envs/prod" / COPY
        seen.update({path.name: path.read_text() for path in copy.iterdir()})
        return False

    fake.answer(**{"state init": BUCKET_MISSING}, plan=CHANGES)
    runner.apply(make_session(review=review), [stack])
    assert seen == {
        ".terraform.lock.hcl": "# lock\n",
        "antipode_backend_override.tf": 'terraform {\n  backend "local" {}\n}\n',
        "main.tf": "# root\n",
    }


BUCKET, KEY = "module.state.aws_s3_bucket.this", 'module.state.aws_kms_key.this["a.b"]'
RULE = "module.state.aws_s3_bucket_lifecycle_configuration.this"


def _made_slowly(fake: FakeTerraform, *made: str, **ending: Any) -> None:
    """The state stack's apply makes what is named and then waits for its lifecycle rule."""
    plan = {"exit": 2, "lines": [planned(each) for each in (BUCKET, KEY, RULE)]}
    lines = [hook("start", RULE), *(hook("complete", each) for each in made)]
    fake.answer(
        **{
            "state init": [BUCKET_MISSING, {}],
            f"{COPY} plan": plan,
            f"{COPY} apply": {"lines": lines, "seconds": 3} | ending,
            "state pull": _pulled("bucket"),
        }
    )


def test_other_stacks_are_applied_while_only_the_lifecycle_rule_is_left(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, tmp_path: Path
) -> None:
    _local(tmp_path, _state("bucket"))
    _made_slowly(fake, BUCKET, KEY)
    stacks = [make_stack("state", 0, bootstrap=True), make_stack("data")]
    run = runner.apply(make_session(workers=1), stacks)
    assert run.succeeded, [each.messages for each in run.results]
    assert fake.commands.index("data plan") < fake.commands.index("state state push")


def test_a_key_that_is_not_there_yet_holds_every_other_stack_up(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, tmp_path: Path
) -> None:
    _local(tmp_path, _state("bucket"))
    _made_slowly(fake, BUCKET, RULE, seconds=0.5)
    stacks = [make_stack("state", 0, bootstrap=True), make_stack("data")]
    run = runner.apply(make_session(), stacks)
    assert run.succeeded, [each.messages for each in run.results]
    assert fake.commands[-2:] == ["data init", "data plan"]


def test_a_lifecycle_rule_that_fails_is_told_once_and_made_by_the_next_run(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, tmp_path: Path
) -> None:
    local = _local(tmp_path, _state("bucket"))
    _made_slowly(fake, BUCKET, KEY, seconds=2, exit=1, stderr="Error: MalformedXML\n")
    fake.answer(data_plan={"exit": 0, "seconds": 3})
    stacks = [make_stack("state", 0, bootstrap=True), make_stack("data"), make_stack("edge", 5)]
    run = runner.apply(make_session(), stacks)
    assert [(each.stack, each.status, each.messages) for each in run.results] == [
        ("state", ExitStatus.FAILED, ("state: MalformedXML",)),
        ("data", ExitStatus.SUCCEEDED, ()),
        ("edge", ExitStatus.NOT_STARTED, ("edge: not started because state failed.",)),
    ]
    assert local.exists(), "the state is in no bucket yet"

    rule = {"exit": 2, "lines": [planned(RULE)]}
    fake.answer(**{"state init": {}, "state pull": [EMPTY, _pulled("bucket")], f"{COPY} plan": rule})
    fake.answer(
        **{f"{COPY} apply": {"lines": [hook("start", RULE), hook("complete", RULE)]}, "data_plan": {}}
    )
    before = len(fake.commands)
    run = runner.apply(make_session(), stacks)
    assert run.succeeded, [each.messages for each in run.results]
    again = [each for each in fake.commands[before:] if each.startswith((COPY, "state "))]
    assert again[:5] == ["state init", "state state pull", f"{COPY} init", f"{COPY} plan", f"{COPY} apply"]
    assert not local.exists()


def test_an_interruption_while_the_rule_is_made_keeps_the_local_state(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, tmp_path: Path
) -> None:
    local = _local(tmp_path, _state("bucket"))
    _made_slowly(fake, BUCKET, KEY, seconds=60)
    session = make_session()

    def interrupt_at_data(event: ProgressEvent) -> None:
        if isinstance(event, StepStarted) and (event.stack, event.step) == ("data", "plan"):
            session.interruption.request()

    stacks = [make_stack("state", 0, bootstrap=True), make_stack("data")]
    run = runner.apply(replace(session, observe=interrupt_at_data), stacks)
    assert {each.status for each in run.results} == {ExitStatus.INTERRUPTED}
    assert run.exit_code == 130
    assert local.exists()


def test_a_plan_that_changes_what_is_there_lets_nobody_start_early(told: list[ProgressEvent]) -> None:
    usable: list[str] = []
    take = watched(told.append, "state", lambda: usable.append("state"))
    begun = ResourceEvent(address=RULE, action="create", phase="start")
    take(StackPlanned(stack="state", changes=Changes(create=(RULE,), update=(BUCKET,))))
    take(ResourceProgress(stack="state", event=begun))
    assert usable == []
    take(StackPlanned(stack="state", changes=Changes(create=(RULE,))))
    assert usable == [], "it is only planned"
    take(ResourceProgress(stack="state", event=begun))
    assert usable == ["state"]
    assert len(told) == 4


def test_killed_after_the_push_the_local_state_goes_once_the_bucket_holds_the_same(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, tmp_path: Path
) -> None:
    local = _local(tmp_path, _state("bucket"))
    fake.answer(**{"state pull": _pulled("bucket", lineage="pushed", serial=0)})
    assert runner.apply(make_session(), [make_stack("state", 0, bootstrap=True)]).succeeded
    assert fake.commands == ["state init", "state state pull", "state plan"]
    assert not local.exists()


def test_killed_before_the_push_the_local_state_is_taken_up_again(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, tmp_path: Path
) -> None:
    """The bucket is there and empty: nothing is made twice, because the local state knows the bucket."""
    local = _local(tmp_path, _state("bucket"))
    fake.answer(**{"state pull": [EMPTY, _pulled("bucket")]})
    assert runner.apply(make_session(), [make_stack("state", 0, bootstrap=True)]).succeeded
    assert f"{COPY} apply" not in fake.commands
    assert "state state push" in fake.commands
    assert not local.exists()


def test_half_a_local_state_is_refused_by_name_and_kept(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, tmp_path: Path
) -> None:
    local = _local(tmp_path, _state("bucket"))
    local.write_text(half := local.read_text()[:40])
    fake.answer(**{"state pull": _pulled("bucket")})
    (message,) = runner.apply(make_session(), [make_stack("state", 0, bootstrap=True)]).of("state").messages
    assert message.startswith(f"state: {local} is half a state (")
    assert "Move it away and run again" in message
    assert local.read_text() == half


def test_a_failed_push_keeps_the_local_state(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, tmp_path: Path
) -> None:
    local = _local(tmp_path, _state("bucket"))
    fake.answer(**{"state pull": EMPTY, "state push": {"exit": 1, "stderr": "Error: AccessDenied\n"}})
    run = runner.apply(make_session(), [make_stack("state", 0, bootstrap=True)])
    assert run.of("state").messages == ("state: AccessDenied",)
    assert local.exists()


def test_a_failed_apply_in_the_copy_keeps_the_local_state_and_pushes_nothing(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, tmp_path: Path
) -> None:
    local = _local(tmp_path, _state("bucket"))
    fake.answer(**{"state pull": EMPTY, "plan": CHANGES, "apply": {"exit": 1, "kill": True}})
    run = runner.apply(make_session(), [make_stack("state", 0, bootstrap=True)])
    assert run.of("state").status is ExitStatus.KILLED
    assert local.exists()
    assert "state state push" not in fake.commands


def test_a_second_plan_that_is_not_empty_fails_the_bootstrap(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, tmp_path: Path
) -> None:
    _local(tmp_path, _state("bucket"))
    fake.answer(**{"state pull": [EMPTY, _pulled("bucket")], "state plan": CHANGES})
    run = runner.apply(make_session(), [make_stack("state", 0, bootstrap=True)])
    assert run.of("state").messages == (
        "state: after the bootstrap a second plan is not empty: 1 to create.",
    )
    assert run.exit_code == 1


def test_two_states_that_have_nothing_to_do_with_each_other_are_never_merged(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, tmp_path: Path
) -> None:
    local = _local(tmp_path, _state("bucket", lineage="mine"))
    fake.answer(**{"state pull": _pulled("other", lineage="theirs")})
    run = runner.apply(make_session(), [make_stack("state", 0, bootstrap=True)])
    assert run.of("state").status is ExitStatus.FAILED
    assert "two people have bootstrapped" in run.of("state").messages[0]
    assert local.exists()
    assert fake.commands == ["state init", "state state pull"]


def test_a_bootstrapped_stack_is_applied_like_any_other(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(**{"state pull": _pulled("bucket"), "plan": CHANGES})
    assert runner.apply(make_session(), [make_stack("state", 0, bootstrap=True)]).succeeded
    assert fake.commands == ["state init", "state state pull", "state plan", "state apply"]


def test_a_bucket_that_went_since_the_last_init_is_noticed(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    gone = {"exit": 1, "stderr": 'Error: S3 bucket "prod-tfstate" does not exist.\n'}
    fake.answer(**{"state pull": [_pulled("bucket"), gone]})
    stack = make_stack("state", 0, bootstrap=True)
    assert runner.plan(make_session(), [stack]).succeeded
    run = runner.plan(make_session(), [stack])
    assert run.of("state").messages == (
        "state: its state bucket does not exist yet; apply makes it and moves the state there.",
    )


def test_destroying_brings_the_state_home_first(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, tmp_path: Path
) -> None:
    fake.answer(**{"state pull": _pulled("bucket"), "plan": CHANGES})
    assert runner.destroy(make_session(), [make_stack("state", 0, bootstrap=True)]).succeeded
    assert fake.commands == [
        "state init",
        "state state pull",
        f"{COPY} init",
        f"{COPY} plan",
        f"{COPY} apply",
    ]
    assert "-destroy" in fake.calls[3]["arguments"]
    assert not _local(tmp_path).exists()


def test_a_failed_destroy_keeps_the_state_that_was_brought_home(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, tmp_path: Path
) -> None:
    fake.answer(**{"state pull": _pulled("bucket"), "plan": CHANGES, "apply": {"exit": 1}})
    run = runner.destroy(make_session(), [make_stack("state", 0, bootstrap=True)])
    assert run.exit_code == 1
    assert json.loads(_local(tmp_path).read_text()) == json.loads(_state("bucket"))


def test_destroying_is_refused_while_another_state_holds_resources(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    stacks = [make_stack("state", 0, bootstrap=True), make_stack("data", 2)]
    fake.answer(**{"state pull": _pulled("table")})
    run = runner.destroy(make_session(), stacks[:1], known=stacks)
    assert run.of("state").messages == (
        "state: the states of data lie in the buckets that this would destroy, and still hold resources. "
        "Destroy those stacks first.",
    )
    assert not any(command.endswith("apply") for command in fake.commands)


@pytest.mark.parametrize("text", [b"", b"\n", json.dumps({"lineage": "", "serial": 0}).encode()])
def test_no_state_has_no_identity(text: bytes) -> None:
    assert bootstrap.snapshot(text) is None
