from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from harness.terraform import waves
from harness.terraform.process import Interruption
from harness.terraform.stack import StackRun, UpstreamInput
from harness.terraform.waves import Task


def _stacks(**wave: int) -> list[StackRun]:
    return [StackRun(name=name, wave=number, root=Path(name)) for name, number in wave.items()]


ENVIRONMENT = _stacks(state=0, world=1, data=2, east=3, governance=3, west=4, north=4, edge=6)


def _startable(tasks: tuple[Task, ...], *done: str, running: str = "") -> tuple[str, ...]:
    return waves.startable(tasks, done=frozenset(done), running=frozenset(running.split()))


def test_a_wave_waits_for_all_of_the_lower_ones() -> None:
    tasks = waves.by_wave(ENVIRONMENT)
    assert _startable(tasks) == ("state",)
    assert _startable(tasks, "state", "world", "data") == ("east", "governance")
    assert _startable(tasks, "state", "world", "data", "east", running="governance") == ()
    assert _startable(tasks, "state", "world", "data", "east", "governance") == ("north", "west")


def test_destroying_goes_the_other_way() -> None:
    tasks = waves.by_wave_reversed(ENVIRONMENT)
    assert _startable(tasks) == ("edge",)
    assert _startable(tasks, "edge") == ("north", "west")


def _regions() -> list[StackRun]:
    lead = StackRun(name="east", wave=2, root=Path("east"))
    return [*_stacks(state=0), lead, StackRun(name="west", wave=2, turn=1, root=Path("west"))]


def test_regions_take_turns_unless_the_environment_is_new() -> None:
    tasks = waves.by_wave(_regions())
    done = frozenset({"state"})
    assert waves.startable(tasks, done=done, running=frozenset()) == ("east",)
    assert waves.startable(tasks, done=done, running=frozenset({"east"})) == ()
    assert waves.startable(tasks, done=done, running=frozenset({"east"}), new=True) == ("west",)


def test_destroying_takes_no_turns() -> None:
    assert _startable(waves.by_wave_reversed(_regions())) == ("east", "west")


def test_a_stack_that_can_be_used_holds_nobody_up_and_takes_no_worker_while_it_runs() -> None:
    findings, others = waves.Findings(), threading.Event()
    ended: list[str] = []

    def work(name: str) -> bool:
        waited = True
        if name == "state":
            findings.usable.add(name)
            waited = others.wait(10)
        ended.append(name)
        others.set()
        return waited

    tasks = waves.by_wave(_stacks(state=0, data=1))
    outcomes = waves.run(tasks, work, succeeded=bool, workers=1, findings=findings)
    assert dict(outcomes.done) == {"data": True, "state": True}
    assert ended == ["data", "state"]


def test_a_stack_that_fails_after_it_could_be_used_lets_nothing_else_start() -> None:
    findings, failed = waves.Findings(), threading.Event()

    def work(name: str) -> bool:
        if name == "state":
            findings.usable.add(name)
            failed.wait(10)
            return False
        failed.set()
        time.sleep(0.5)
        return True

    tasks = waves.by_wave(_stacks(state=0, data=1, edge=2))
    outcomes = waves.run(tasks, work, succeeded=bool, workers=2, findings=findings)
    assert dict(outcomes.done) == {"state": False, "data": True}
    assert {name: str(why) for name, why in outcomes.not_started.items()} == {
        "edge": "not started because state failed"
    }


def test_stacks_left_out_of_a_run_hold_nothing_up() -> None:
    assert _startable(waves.by_wave(_stacks(edge=6))) == ("edge",)


def test_plans_wait_only_for_the_stacks_whose_outputs_they_take() -> None:
    edge = StackRun(
        name="edge",
        wave=6,
        root=Path("edge"),
        inputs=(UpstreamInput(variable="zone_id", stack="world", output="zone_id"),),
    )
    tasks = waves.by_inputs([*_stacks(world=1, data=2), edge])
    assert _startable(tasks) == ("world", "data")
    assert _startable(tasks, "world", running="data") == ("edge",)


def test_a_wave_runs_side_by_side_and_no_wider_than_its_workers() -> None:
    active, widest, lock = 0, 0, threading.Lock()

    def work(name: str) -> bool:
        nonlocal active, widest
        with lock:
            active += 1
            widest = max(widest, active)
        time.sleep(0.05)
        with lock:
            active -= 1
        return True

    tasks = waves.by_wave(_stacks(a=1, b=1, c=1, d=1, e=1))
    outcomes = waves.run(tasks, work, succeeded=bool, workers=2)
    assert widest == 2
    assert set(outcomes.done) == set("abcde")


def test_after_a_failure_what_runs_ends_and_the_rest_is_not_started() -> None:
    ended: list[str] = []

    def work(name: str) -> bool:
        time.sleep(0.2 if name == "slow" else 0.0)
        ended.append(name)
        return name != "broken"

    tasks = waves.by_wave(_stacks(broken=1, slow=1, late=2, later=3))
    outcomes = waves.run(tasks, work, succeeded=bool, workers=2)
    assert ended == ["broken", "slow"]
    assert {name: str(why) for name, why in outcomes.not_started.items()} == {
        "late": "not started because broken failed",
        "later": "not started because broken failed",
    }


def test_a_failed_plan_holds_up_no_other() -> None:
    tasks = waves.by_wave(_stacks(broken=1, late=2))
    outcomes = waves.run(tasks, lambda name: name != "broken", succeeded=bool, fail_fast=False)
    assert outcomes.done == {"broken": False, "late": True}


def test_an_interruption_starts_nothing_more() -> None:
    interruption = Interruption()

    def work(name: str) -> bool:
        interruption.request()
        return True

    outcomes = waves.run(waves.by_wave(_stacks(a=1, b=2)), work, succeeded=bool, interruption=interruption)
    assert outcomes.done == {"a": True}
    assert str(outcomes.not_started["b"]) == "not started: interrupted"


def test_an_exception_is_raised_when_all_have_ended() -> None:
    ended: list[str] = []

    def work(name: str) -> bool:
        if name == "broken":
            raise ValueError("broken")
        time.sleep(0.1)
        ended.append(name)
        return True

    with pytest.raises(ValueError, match="broken"):
        waves.run(waves.by_wave(_stacks(broken=1, other=1)), work, succeeded=bool, workers=2)
    assert ended == ["other"]


def test_there_is_always_a_worker() -> None:
    assert waves.default_workers() >= 1
