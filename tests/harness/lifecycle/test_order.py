from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from generator.manifest.problems import InputRefused
from harness.delivery import jobs
from harness.lifecycle.order import standby_first
from harness.terraform import runner
from harness.terraform.adapter import ExitStatus
from harness.terraform.stack import StackRun
from tests.harness.delivery import estate_of_forty
from tests.harness.terraform.conftest import MakeSession, MakeStack
from tests.harness.terraform.conftest import fake as fake
from tests.harness.terraform.conftest import make_session as make_session
from tests.harness.terraform.conftest import make_stack as make_stack
from tests.harness.terraform.conftest import told as told
from tests.harness.terraform.fake_terraform import CHANGES, FakeTerraform, error

PRIMARY, *STANDBYS = estate_of_forty.REGIONS
ZONE = {"lines": [json.dumps({"zone_id": {"value": "Z1", "sensitive": False}})]}
AT_ONCE = 3


def order(tmp_path: Path, make_stack: MakeStack, more: str = "") -> dict[str, int]:
    ordered = standby_first(estate_of_forty.manifest(tmp_path, more=more), estate_of_forty.stacks(make_stack))
    return {stack.name: stack.turn for stack in ordered}


def test_there_are_forty_stacks(make_stack: MakeStack) -> None:
    assert len({stack.name for stack in estate_of_forty.stacks(make_stack)}) == 40


def test_standbys_change_places_with_the_primary_and_nothing_else_moves(
    tmp_path: Path, make_stack: MakeStack
) -> None:
    before = {stack.name: stack.turn for stack in estate_of_forty.stacks(make_stack)}
    after = order(tmp_path, make_stack)
    assert {name: turn for name, turn in after.items() if turn != before[name]} == {
        PRIMARY: 1,
        **dict.fromkeys(STANDBYS, 0),
    }


def test_the_primary_stays_first_where_a_database_needs_it(tmp_path: Path, make_stack: MakeStack) -> None:
    manifest = estate_of_forty.manifest(tmp_path)
    with_databases = manifest.model_copy(
        update={"data": manifest.data.model_copy(update={"databases": {"orders": object()}})}
    )
    given = estate_of_forty.stacks(make_stack)
    assert standby_first(with_databases, given) == given


def test_a_region_that_another_stack_takes_an_input_from_keeps_its_place(
    tmp_path: Path, make_stack: MakeStack
) -> None:
    tied = make_stack(
        "edge", 5, inputs=(estate_of_forty.UpstreamInput(variable="a", stack=PRIMARY, output="b"),)
    )
    given = (*estate_of_forty.stacks(make_stack)[:-1], tied)
    assert standby_first(estate_of_forty.manifest(tmp_path), given) == given


def test_some_of_the_stacks_are_ordered_as_all_are(tmp_path: Path, make_stack: MakeStack) -> None:
    some = [each for each in estate_of_forty.stacks(make_stack) if each.name in (PRIMARY, "us-west-2")]
    ordered = standby_first(estate_of_forty.manifest(tmp_path), some)
    assert {each.name: each.turn for each in ordered} == {PRIMARY: 1, "us-west-2": 0}


def applied(fake: FakeTerraform) -> list[str]:
    return [call["root"] for call in fake.calls if call["command"] == "apply"]


@pytest.fixture
def forty(tmp_path: Path, make_stack: MakeStack, fake: FakeTerraform) -> tuple[StackRun, ...]:
    fake.answer(plan=CHANGES, output=[{"lines": ["{}"]}], **{"global output": ZONE})
    return standby_first(estate_of_forty.manifest(tmp_path), estate_of_forty.stacks(make_stack))


@pytest.mark.timeout(300)
def test_forty_stacks_are_applied_wave_by_wave_standbys_before_the_primary_few_at_once(
    forty: tuple[StackRun, ...], make_session: MakeSession, fake: FakeTerraform
) -> None:
    events: list[Any] = []
    session = make_session(workers=AT_ONCE, observe=events.append)
    result = runner.apply(session, forty)
    assert result.exit_code == 0, [each for each in result.results if not each.status.good][:2]
    done = applied(fake)
    waves = {stack.name: stack.wave for stack in forty}
    assert sorted(done) == sorted(waves)
    assert [waves[name] for name in done] == sorted(waves.values())
    assert max(done.index(name) for name in STANDBYS) < done.index(PRIMARY)
    assert max(at_once(events)) == AT_ONCE


def at_once(events: list[Any]) -> Iterator[int]:
    """How many stacks are under way after each event."""
    under_way: set[str] = set()
    for event in events:
        match type(event).__name__:
            case "StackStarted":
                under_way.add(event.stack)
            case "StackEnded":
                under_way.discard(event.stack)
        yield len(under_way)


@pytest.mark.timeout(300)
def test_a_standby_that_fails_keeps_the_primary_and_everything_later_as_it_was(
    forty: tuple[StackRun, ...], make_session: MakeSession, fake: FakeTerraform
) -> None:
    fake.answer(**{"us-west-2 apply": {"exit": 1, "lines": [error("Throttled")]}})
    result = runner.apply(make_session(workers=AT_ONCE), forty)
    by_status = {stack.name: result.of(stack.name).status for stack in forty}
    assert by_status["us-west-2"] is ExitStatus.FAILED
    later = [stack.name for stack in forty if (stack.wave, stack.turn) > (2, 0)]
    assert PRIMARY in later
    assert {by_status[name] for name in later} == {ExitStatus.NOT_STARTED}
    assert set(applied(fake)) & set(later) == set()
    assert result.of(PRIMARY).messages == (f"{PRIMARY}: not started because us-west-2 failed.",)
    assert result.exit_code == 1


def affected(*named: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "environments": sorted({env for env, _, _ in named}),
        "matrix": {
            "include": [{"env": env, "stack": stack, "wave": 3, "action": act} for env, stack, act in named]
        },
        "removed": [],
    }


DELIVERY = "delivery: {repository: octo-org/antipode}\n"


def test_forty_affected_stacks_make_forty_jobs_each_with_its_environment_s_role(
    tmp_path: Path, make_stack: MakeStack
) -> None:
    prod = estate_of_forty.environment(tmp_path, more=DELIVERY)
    names = [stack.name for stack in estate_of_forty.stacks(make_stack)]
    found = jobs.outputs([prod], affected(*(("prod", name, "plan") for name in names)))
    include = json.loads(found["stacks"])["include"]
    assert [job["stack"] for job in include] == names
    assert include[0] == {
        "env": "prod",
        "stack": "state",
        "label": "prod-state",
        "region": "us-west-2",
        "role": "arn:aws:iam::123456789012:role/prod-delivery-plan",
    }
    assert found["any_stack"] == "true"


def test_trials_are_applied_before_what_is_protected_and_undelivered_ones_not_at_all(tmp_path: Path) -> None:
    prod = estate_of_forty.environment(tmp_path, "prod", DELIVERY)
    trial = estate_of_forty.environment(tmp_path, "trial", DELIVERY + "operations: {protect: false}\n")
    local = estate_of_forty.environment(tmp_path, "local")
    told = affected(("local", "edge", "plan"), ("prod", "edge", "plan"), ("trial", "edge", "plan"))
    found = jobs.outputs([local, prod, trial], told)
    assert [job["environment"] for job in json.loads(found["delivered"])["include"]] == ["trial", "prod"]
    assert {job["env"] for job in json.loads(found["stacks"])["include"]} == {"prod", "trial"}
    assert json.loads(found["environments"]) == ["local", "prod", "trial"]


def test_no_workflow_destroys_a_stack_that_left(tmp_path: Path) -> None:
    prod = estate_of_forty.environment(tmp_path, more=DELIVERY)
    found = jobs.outputs([prod], affected(("prod", "eu-west-1", "destroy")))
    assert (found["stacks"], found["any_stack"]) == ('{"include": []}', "false")


def test_without_a_change_to_look_at_every_environment_counts_and_no_stack(tmp_path: Path) -> None:
    prod = estate_of_forty.environment(tmp_path, more=DELIVERY)
    found = jobs.outputs([prod])
    assert (found["any"], found["any_delivered"], found["any_stack"]) == ("true", "true", "false")


def test_more_stacks_than_a_matrix_takes_are_refused(tmp_path: Path) -> None:
    prod = estate_of_forty.environment(tmp_path, more=DELIVERY)
    many = affected(*(("prod", f"part-{number}", "plan") for number in range(257)))
    with pytest.raises(InputRefused, match="257 stacks are affected; a matrix makes 256 jobs at most"):
        jobs.outputs([prod], many)


def test_what_affected_prints_is_read_from_its_last_line() -> None:
    text = "setting up\n" + json.dumps({"event": "Affected", **affected(), "count": 0}) + "\n"
    assert jobs.read(text) == affected()
    with pytest.raises(InputRefused, match="AFFECTED: is not what `make affected JSON=1` prints"):
        jobs.read("")
