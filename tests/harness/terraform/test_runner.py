from __future__ import annotations

import json
import os
import socket
import stat
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from harness.terraform import adoption, runner, running
from harness.terraform.adapter import ExitStatus, Limits
from harness.terraform.process import Interruption
from harness.terraform.progress_events import ProgressEvent, Said, StackEnded
from harness.terraform.session import Session
from harness.terraform.stack import StackRun, UpstreamInput
from harness.terraform.upstream import variable_text
from tests.harness.terraform.conftest import MakeSession, MakeStack
from tests.harness.terraform.fake_terraform import (
    BUCKET_MISSING,
    CHANGES,
    FakeTerraform,
    error,
    event,
    hook,
    lock_error,
    planned,
)

ZONE = UpstreamInput(variable="zone_id", stack="world", output="zone_id")
APPLIED = {"lines": [hook("start", "terraform_data.a"), hook("complete", "terraform_data.a")]}


def _said(told: list[ProgressEvent]) -> list[str]:
    return [each.text for each in told if isinstance(each, Said)]


def _outputs(**values: object) -> dict[str, object]:
    return {
        "lines": [json.dumps({name: {"value": value, "sensitive": False} for name, value in values.items()})]
    }


def _killed(
    session: Session, stack: StackRun, *, under_way: str = "", made: str = "", locked_by: float = 60
) -> None:
    """What a run that was killed leaves behind: a record of a process that is gone, and its log. `under_way`
    and `made` are addresses with blanks between them."""
    directory = session.directory(stack.name)
    directory.make()
    now = time.time()
    record = running.Record(
        pid=2**22 + 1,
        born=now - 10,
        host=socket.gethostname(),
        command="apply",
        started=now - 10,
        locked_by=now - 10 + locked_by,
    )
    running._write(directory.running, record)
    begun = [hook("start", address) for address in f"{under_way} {made}".split()]
    ended = [hook("complete", address, id_value="abc") for address in made.split()]
    if begun:
        directory.log("apply").write_text("".join(f"{each}\n" for each in begun + ended))


def _created(ago: float) -> str:
    return datetime.fromtimestamp(time.time() - ago, UTC).strftime("%Y-%m-%d %H:%M:%S.123456789 +0000 UTC")


def test_apply_applies_the_plan_that_was_saved_and_removes_it(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(plan=CHANGES, apply=APPLIED)
    session = make_session()
    run = runner.apply(session, [make_stack("data")])
    assert fake.commands == ["data init", "data plan", "data apply"]
    plan_file = session.directory("data").plan_file
    assert str(plan_file) in fake.calls[2]["arguments"]
    assert "-auto-approve" not in fake.calls[2]["arguments"]
    assert not plan_file.exists()
    assert (run.exit_code, run.of("data").completed.create) == (0, ("terraform_data.a",))


def test_a_stack_without_changes_is_not_applied_and_not_initialised_twice(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    stack = make_stack("data")
    for _ in range(2):
        assert runner.apply(make_session(), [stack]).succeeded
    assert fake.commands == ["data init", "data plan", "data plan"]


@pytest.mark.parametrize(
    ("text", "again"),
    [
        ('resource "terraform_data" "b" {\n}\n', False),
        ('terraform {\n  backend "local" {}\n}\n', True),
        ('module "table" {\n  source = "../table"\n}\n', True),
    ],
)
def test_init_runs_again_only_if_what_it_depends_on_changed(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, text: str, again: bool
) -> None:
    runner.apply(make_session(), [make_stack("data")])
    runner.apply(make_session(), [make_stack("data", text=text)])
    assert fake.commands.count("data init") == 1 + again


def test_terraform_that_asks_for_init_gets_it_and_plans_again(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    stack = make_stack("data")
    runner.plan(make_session(), [stack])
    fake.answer(plan=[{}, {"exit": 1, "lines": [error("Module not installed")]}, {}])
    assert runner.plan(make_session(), [stack]).succeeded
    assert fake.commands == ["data init", "data plan", "data plan", "data init", "data plan"]


def test_after_a_failure_later_waves_are_reported_as_not_started(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    bad = error("Invalid value", "Regions must be two.", range={"filename": "main.tf", "start": {"line": 7}})
    fake.answer(data_plan={"exit": 1, "lines": ["noise", bad]})
    stacks = [make_stack("data", 2), make_stack("east", 3), make_stack("edge", 6)]
    run = runner.apply(make_session(), stacks)
    where = os.path.relpath(stacks[0].root / "main.tf")
    assert [(each.stack, each.status, each.messages) for each in run.results] == [
        ("data", ExitStatus.FAILED, (f"data: Invalid value\n  at {where}:7\n  Regions must be two.",)),
        ("east", ExitStatus.NOT_STARTED, ("east: not started because data failed.",)),
        ("edge", ExitStatus.NOT_STARTED, ("edge: not started because data failed.",)),
    ]
    assert run.exit_code == 1


def test_an_output_of_an_upstream_stack_is_passed_on(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(world_output=_outputs(zone_id="Z1"))
    stacks = [make_stack("world", 1), make_stack("edge", 6, inputs=(ZONE,))]
    assert runner.apply(make_session(), stacks).succeeded
    plan = next(call for call in fake.calls if (call["root"], call["command"]) == ("edge", "plan"))
    assert plan["environment"]["TF_VAR_zone_id"] == "Z1"


def test_values_that_are_not_text_are_passed_on_as_hcl_in_which_no_template_lives() -> None:
    assert variable_text("${plain}") == "${plain}"
    assert variable_text(["a", "${b}", "%{c}"]) == '["a", "$${b}", "%%{c}"]'


def test_a_plan_with_a_value_not_known_yet_says_which_and_cannot_be_applied(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(plan=CHANGES, output=_outputs())
    session = make_session()
    run = runner.plan(session, [make_stack("world", 1), make_stack("edge", 6, inputs=(ZONE,))])
    edge = run.of("edge")
    assert (edge.status, edge.unknown, edge.plan_file) == (ExitStatus.INCOMPLETE, (ZONE,), None)
    assert edge.messages == (
        "edge: zone_id is not known yet: it is output zone_id of stack world, which has to be applied first. "
        "This plan cannot be applied.",
    )
    assert not session.directory("edge").plan_file.exists()
    assert run.of("world").plan_file == session.directory("world").plan_file
    assert run.exit_code == 0


def test_applying_with_a_value_that_its_upstream_never_gave_fails_before_anything_changes(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(edge_plan=CHANGES, output=_outputs())
    run = runner.apply(make_session(), [make_stack("world", 1), make_stack("edge", 6, inputs=(ZONE,))])
    assert run.of("edge").status is ExitStatus.FAILED
    assert "edge apply" not in fake.commands


def test_one_cause_is_told_once_and_without_the_path_of_a_log(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(
        init={"exit": 1, "lines": [error("No valid credential sources found", "no EC2 IMDS role found")]}
    )
    told: list[ProgressEvent] = []
    session = make_session(observe=told.append, workers=1)
    run = runner.plan(session, [make_stack("world", 1), make_stack("edge", 6, inputs=(ZONE,))])
    messages = [each.messages for each in run.results]
    assert messages == [
        (
            "world: No AWS credentials are found.\n"
            "  Fix: Give credentials, for example AWS_PROFILE=<profile>, or run against the sandbox with "
            "SANDBOX=1.",
        ),
        ("edge: stopped by the same as world.",),
    ]
    assert [(each.message,) for each in told if isinstance(each, StackEnded)] == messages


def test_an_environment_of_which_nothing_exists_is_planned_in_copies_that_are_removed(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(**{"data init": BUCKET_MISSING}, plan=CHANGES)
    stack = make_stack("data")
    run = runner.plan(make_session(), [stack])
    assert run.of("data").messages == (
        "data: planned against an empty state, its state bucket does not exist yet.",
    )
    assert run.of("data").plan_file is None
    assert fake.commands == ["data init", ".bootstrap-data init", ".bootstrap-data plan"]
    assert [path.name for path in stack.root.parent.iterdir()] == ["data"]


def test_what_is_not_approved_is_not_applied(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(plan=CHANGES)
    shown: list[str] = []

    def review(stack: StackRun, plan: object) -> bool:
        shown.append(stack.name)
        return False

    run = runner.apply(make_session(review=review), [make_stack("data"), make_stack("edge", 6)])
    assert shown == ["data"]
    assert run.of("data").messages == ("data: not approved.",)
    assert "data apply" not in fake.commands
    assert run.exit_code == 130


def test_destroying_goes_from_the_last_wave_to_the_first_through_saved_plans(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(plan={"exit": 2, "lines": [planned("terraform_data.a", "delete")]})
    run = runner.destroy(make_session(), [make_stack("data", 2), make_stack("edge", 6)])
    assert run.succeeded
    assert fake.commands == ["edge init", "edge plan", "edge apply", "data init", "data plan", "data apply"]
    assert "-destroy" in fake.calls[1]["arguments"]


def test_a_lock_of_another_is_reported_and_left_alone(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(plan={"exit": 1, "lines": [lock_error(who="ana@build-7", created=_created(130))]})
    session = make_session()
    result = runner.apply(session, [make_stack("data")]).of("data")
    assert result.status is ExitStatus.LOCKED
    (message,) = result.messages
    assert message.startswith("data: the state is locked by ana@build-7 since ")
    assert "for 2 min 1" in message
    root = os.path.relpath(make_stack("data").root)
    assert message.endswith(
        f"release it: TF_DATA_DIR={session.directory('data').path} terraform -chdir={root} "
        "force-unlock bb473203-3315-2ba8-d279-fa04002f937e"
    )
    assert "data force-unlock" not in fake.commands


def test_a_stale_lock_of_our_own_killed_run_is_released(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, told: list[ProgressEvent]
) -> None:
    who = f"root@{socket.gethostname()}"
    fake.answer(plan=[{"exit": 1, "lines": [lock_error(who=who, created=_created(8))]}, {}])
    session, stack = make_session(), make_stack("data")
    _killed(session, stack)
    assert runner.apply(session, [stack]).succeeded
    assert fake.commands == ["data init", "data plan", "data force-unlock", "data plan"]
    assert _said(told)[-1].startswith(
        "released lock bb473203-3315-2ba8-d279-fa04002f937e: it was held by our own"
    )
    assert running.killed(session.directory("data")) is None


@pytest.mark.parametrize(
    ("who", "ago", "locked_by"),
    [
        pytest.param("root@elsewhere", 8.0, 60.0, id="another host"),
        pytest.param("", 60.0, 60.0, id="taken before our run started"),
        pytest.param("", 2.0, 3.0, id="taken after our run was seen past its lock"),
    ],
)
def test_a_lock_that_our_killed_run_cannot_have_taken_is_left_alone(
    fake: FakeTerraform,
    make_session: MakeSession,
    make_stack: MakeStack,
    who: str,
    ago: float,
    locked_by: float,
) -> None:
    holder = who or f"root@{socket.gethostname()}"
    fake.answer(plan={"exit": 1, "lines": [lock_error(who=holder, created=_created(ago))]})
    session, stack = make_session(), make_stack("data")
    _killed(session, stack, locked_by=locked_by)
    assert runner.apply(session, [stack]).of("data").status is ExitStatus.LOCKED
    assert "data force-unlock" not in fake.commands


def _creates(**buckets: str) -> dict[str, object]:
    """What `show` gives of a plan that creates these: name -> name of the bucket."""
    resources = [
        {
            "address": f"aws_s3_bucket.{name}",
            "type": "aws_s3_bucket",
            "change": {"actions": ["create"], "after": {"bucket": bucket}},
        }
        for name, bucket in buckets.items()
    ]
    return {"lines": [json.dumps({"resource_changes": resources})]}


_TO_CREATE: dict[str, object] = {"exit": 2, "lines": [planned("aws_s3_bucket.logs")]}
_TO_IMPORT: dict[str, object] = {
    "exit": 2,
    "lines": [planned("aws_s3_bucket.logs", "import", importing={"id": "prod-logs"})],
}


def _not_there(address: str) -> str:
    detail = f'While attempting to import an existing object to "{address}", the provider detected that no '
    return error("Cannot import non-existent remote object", f"{detail}object exists with the given id.")


@pytest.mark.parametrize("when", ["under_way", "made"])
def test_what_a_killed_run_made_is_imported_and_not_made_twice(
    fake: FakeTerraform,
    make_session: MakeSession,
    make_stack: MakeStack,
    told: list[ProgressEvent],
    when: str,
) -> None:
    address = "aws_s3_bucket.logs"
    fake.answer(plan=[_TO_CREATE, _TO_IMPORT], show=[_creates(logs="prod-logs"), _creates()])
    session, stack = make_session(), make_stack("data")
    _killed(session, stack, **{when: address})  # type: ignore[arg-type]
    assert runner.apply(session, [stack]).succeeded
    assert fake.imports == [{}, {address: "prod-logs"}]
    assert fake.commands[-1] == "data apply", "what is imported comes into the state by applying the plan"
    assert not list(stack.root.glob("*.json"))
    said = [f"imports {address}: made by the run that was stopped, in no state"]
    if when == "under_way":
        said = [f"an earlier run was stopped while it changed {address}", *said]
    assert _said(told) == said
    assert running.killed(session.directory("data")) is None


def test_what_is_known_by_what_it_belongs_to_is_imported_after_that(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    stage = {
        "address": "aws_api_gateway_stage.s",
        "type": "aws_api_gateway_stage",
        "change": {"actions": ["create"], "after": {"stage_name": "v1"}},
    }
    known = stage | {"change": {"actions": ["create"], "after": {"stage_name": "v1", "rest_api_id": "abc"}}}
    api = {"address": "aws_api_gateway_rest_api.a", "type": "aws_api_gateway_rest_api"}
    api["change"] = {"actions": ["create"], "after": {}}  # type: ignore[assignment]
    shown = [{"lines": [json.dumps({"resource_changes": found})]} for found in ([api, stage], [known], [])]
    fake.answer(plan={"exit": 2, "lines": [planned("x")]}, show=shown)
    session, stack = make_session(), make_stack("data")
    _killed(session, stack, made="aws_api_gateway_rest_api.a aws_api_gateway_stage.s")
    assert runner.plan(session, [stack]).succeeded
    first = {"aws_api_gateway_rest_api.a": "abc"}
    assert fake.imports == [{}, first, first | {"aws_api_gateway_stage.s": "abc/v1"}]


def test_what_a_killed_run_began_and_never_made_is_made(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    address = "aws_s3_bucket.logs"
    fake.answer(
        plan=[_TO_CREATE, {"exit": 1, "lines": [_not_there(address)]}, _TO_CREATE],
        show=_creates(logs="prod-logs"),
    )
    session, stack = make_session(), make_stack("data")
    _killed(session, stack, under_way=address)
    assert runner.apply(session, [stack]).succeeded
    assert fake.imports == [{}, {address: "prod-logs"}, {}]
    assert fake.commands[-1] == "data apply"


def test_an_import_error_that_names_nothing_costs_one_plan_for_each(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    failed = {"exit": 1, "lines": [error("reading S3 Bucket: it is odd")]}
    fake.answer(
        plan=[_TO_CREATE, failed, failed, _TO_IMPORT, _TO_IMPORT],
        show=[_creates(data="prod-data", logs="prod-logs"), _creates()],
    )
    session, stack = make_session(), make_stack("data")
    _killed(session, stack, under_way="aws_s3_bucket.data aws_s3_bucket.logs")
    assert runner.plan(session, [stack]).succeeded
    data, logs = {"aws_s3_bucket.data": "prod-data"}, {"aws_s3_bucket.logs": "prod-logs"}
    assert fake.imports == [{}, data | logs, data, logs, logs]


def test_import_blocks_that_a_killed_runner_left_are_not_planned(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    stack = make_stack("data")
    (stack.root / adoption.FILE).write_text(adoption.blocks({"aws_s3_bucket.logs": "prod-logs"}))
    assert runner.plan(make_session(), [stack]).succeeded
    assert fake.imports == [{}]


def test_a_resource_that_exists_but_was_not_begun_by_us_is_never_imported(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    exists = error("creating S3 Bucket (logs)", "BucketAlreadyOwnedByYou", address="aws_s3_bucket.logs")
    fake.answer(plan=CHANGES, apply={"exit": 1, "lines": [exists]})
    session, stack = make_session(), make_stack("data")
    assert runner.apply(session, [stack]).of("data").status is ExitStatus.FAILED
    assert runner.apply(session, [stack]).of("data").status is ExitStatus.FAILED
    assert fake.imports == [{}, {}]


def test_a_state_that_could_not_be_written_is_pushed_first(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    stack, session = make_stack("data"), make_session()
    (stack.root / "errored.tfstate").write_text("{}")
    assert runner.apply(session, [stack]).succeeded
    assert fake.commands == ["data init", "data state push", "data plan"]
    assert not (stack.root / "errored.tfstate").exists()
    (kept,) = session.directory("data").path.glob("recovered-*.tfstate")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_state_that_cannot_be_pushed_stops_the_stack_and_stays(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    stack = make_stack("data")
    (stack.root / "errored.tfstate").write_text("{}")
    fake.answer(state_push={"exit": 1, "stderr": "Error: cannot overwrite existing state with serial 9\n"})
    run = runner.apply(make_session(), [stack])
    assert run.of("data").messages == ("data: cannot overwrite existing state with serial 9",)
    assert (stack.root / "errored.tfstate").exists()
    assert "data plan" not in fake.commands


def test_logs_and_plans_are_for_their_owner_alone(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(plan=CHANGES)
    session = make_session()
    runner.plan(session, [make_stack("data")])
    directory = session.directory("data")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (directory.plan_file, directory.log("plan"))] == [
        0o600,
        0o600,
    ]
    assert stat.S_IMODE(directory.path.stat().st_mode) == 0o700


def test_a_second_run_in_the_same_checkout_is_refused(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    session, stack = make_session(), make_stack("data")
    with running.claimed(session.directory("data"), "data"):
        run = runner.apply(session, [stack])
    assert run.of("data").messages == (
        "data: another run works on this stack in this checkout. Wait until it is done.",
    )
    assert fake.commands == []


def test_a_terraform_left_behind_by_a_killed_runner_is_waited_for_and_named(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    session, stack = make_session(), make_stack("data")
    directory = session.directory("data")
    directory.make()
    running.begin(directory, "apply", os.getpid())
    (message,) = runner.apply(session, [stack]).of("data").messages
    assert message.startswith(f"data: Terraform (process {os.getpid()}, apply) still runs, started 0 s ago")
    assert message.endswith(f"kill -INT {os.getpid()}")


def test_a_command_that_takes_too_long_is_stopped(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(plan={"seconds": 30})
    result = runner.plan(make_session(limits=Limits(plan=3, grace=10)), [make_stack("data")]).of("data")
    assert result.status is ExitStatus.TIMED_OUT
    assert result.messages[0].startswith("data: terraform plan was stopped after ")
    assert fake.signals == ["data SIGINT"]


def test_an_interruption_reaches_every_running_terraform_and_starts_no_other(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(plan={"seconds": 30})
    interruption = Interruption()

    def interrupt_when_both_plan() -> None:
        while not {"east plan", "west plan"} <= set(fake.ready):
            time.sleep(0.05)
        interruption.request()

    threading.Thread(target=interrupt_when_both_plan, daemon=True).start()
    stacks = [make_stack("east", 3), make_stack("west", 3), make_stack("edge", 6)]
    run = runner.apply(make_session(interruption=interruption), stacks)
    assert {each.status for each in run.results} == {ExitStatus.INTERRUPTED}
    assert sorted(fake.signals) == ["east SIGINT", "west SIGINT"]
    assert "edge init" not in fake.commands
    assert run.exit_code == 130


def test_a_terraform_that_was_interrupted_leaves_what_it_may_have_made(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    address = "aws_s3_bucket.logs"
    gave_up = error("creating S3 Bucket (prod-logs): CreateBucket, context canceled", address=address)
    fake.answer(
        plan=[_TO_CREATE, _TO_CREATE, _TO_IMPORT],
        apply=[{"lines": [hook("start", address), hook("errored", address), gave_up], "seconds": 30}, {}],
        show=[_creates(logs="prod-logs"), _creates()],
    )
    interruption = Interruption()

    def interrupt_when_it_applies() -> None:
        while "data apply" not in fake.ready:
            time.sleep(0.05)
        interruption.request()

    threading.Thread(target=interrupt_when_it_applies, daemon=True).start()
    stack = make_stack("data")
    assert runner.apply(make_session(interruption=interruption), [stack]).exit_code == 130
    session = make_session()
    assert runner.apply(session, [stack]).succeeded
    assert fake.imports == [{}, {}, {address: "prod-logs"}]
    assert running.killed(session.directory("data")) is None


def test_an_interrupted_destroy_leaves_nothing_to_look_for(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(plan=CHANGES, apply=[{}, {"seconds": 30}])
    stack, interruption = make_stack("data"), Interruption()
    assert runner.apply(make_session(), [stack]).succeeded

    def interrupt_when_it_destroys() -> None:
        while fake.ready.count("data apply") < 2:
            time.sleep(0.05)
        interruption.request()

    threading.Thread(target=interrupt_when_it_destroys, daemon=True).start()
    session = make_session(interruption=interruption)
    assert runner.destroy(session, [stack]).exit_code == 130
    with running.claimed(session.directory("data"), "data") as stopped:
        assert stopped is None


def test_a_terraform_that_was_killed_says_so_and_leaves_its_record(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(plan=CHANGES, apply=[{"lines": [hook("start", "aws_kms_key.k")], "kill": True}, {}])
    session, stack = make_session(), make_stack("data")
    result = runner.apply(session, [stack]).of("data")
    assert result.status is ExitStatus.KILLED
    assert result.messages[0].startswith("data: terraform apply was killed by signal 9. Its state may lack")
    with running.claimed(session.directory("data"), "data") as killed:
        assert killed is not None
        assert killed.under_way == {"aws_kms_key.k": "create"}
    assert runner.apply(session, [stack]).succeeded
    assert running.killed(session.directory("data")) is None


def test_a_crash_without_json_shows_its_last_words(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    fake.answer(init={"exit": 2, "stderr": "panic: runtime error: index out of range\n"})
    result = runner.plan(make_session(), [make_stack("data")]).of("data")
    assert result.messages == ("data: panic: runtime error: index out of range",)


def test_a_secret_of_an_output_is_in_no_log_and_in_no_event(
    fake: FakeTerraform,
    make_session: MakeSession,
    make_stack: MakeStack,
    told: list[ProgressEvent],
    tmp_path: Path,
) -> None:
    fake.answer(world_output=_outputs(zone_id="hunter2"))
    run = runner.apply(make_session(), [make_stack("world", 1), make_stack("edge", 6, inputs=(ZONE,))])
    logs = "".join(path.read_text() for path in (tmp_path / ".antipode").rglob("*.log"))
    assert "hunter2" not in logs + repr(told) + repr(run)


def test_every_stack_that_ends_is_told_once(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack, told: list[ProgressEvent]
) -> None:
    fake.answer(data_init={"exit": 1, "lines": [event("log")]})
    runner.apply(make_session(), [make_stack("data"), make_stack("edge", 6)])
    assert [(each.stack, each.status) for each in told if isinstance(each, StackEnded)] == [
        ("data", ExitStatus.FAILED),
        ("edge", ExitStatus.NOT_STARTED),
    ]


def test_a_session_that_asks_for_documents_gets_each_plan_whole(
    fake: FakeTerraform, make_session: MakeSession, make_stack: MakeStack
) -> None:
    document = {"resource_changes": [{"address": "terraform_data.a", "change": {"actions": ["create"]}}]}
    fake.answer(plan=CHANGES, show={"lines": [json.dumps(document)]})
    stack = make_stack("data")
    assert runner.plan(make_session(), [stack]).of("data").document is None
    planned = runner.plan(make_session(documents=True), [stack]).of("data")
    assert planned.document == document
    assert "document" not in repr(planned)  # it holds secrets
