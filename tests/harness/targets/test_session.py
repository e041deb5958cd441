from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from generator.manifest.problems import InputRefused
from harness import environments
from harness.environments import Environment
from harness.targets.session import Run, interruptible, stack_runs
from harness.terraform.process import Interruption


@pytest.fixture(scope="module")
def dev() -> Environment:
    return environments.load("dev")


def test_a_run_is_over_all_stacks_when_none_is_named(dev: Environment) -> None:
    assert Run(environment=dev).stacks == stack_runs(dev)


def test_a_run_is_over_the_named_stacks_in_the_order_of_the_environment(dev: Environment) -> None:
    run = Run(environment=dev, only=("edge", "us-east-1"))
    assert [stack.name for stack in run.stacks] == ["us-east-1", "edge"]


def test_every_stack_that_does_not_exist_is_refused_with_those_that_do(dev: Environment) -> None:
    known = ", ".join(stack.name for stack in dev.stacks)
    with pytest.raises(InputRefused) as refused:
        _ = Run(environment=dev, only=("edge", "egde", "data-")).stacks
    assert refused.value.problems == (
        f"STACK=egde: is not a stack of dev; use {known}",
        f"STACK=data-: is not a stack of dev; use {known}",
    )


def test_the_state_stack_alone_makes_the_bucket_of_its_own_state(dev: Environment) -> None:
    assert [stack.name for stack in stack_runs(dev) if stack.bootstrap] == ["state"]


@pytest.fixture(autouse=True)
def _as_in_the_foreground() -> Iterator[None]:
    """A background job of a shell starts with Ctrl-C ignored, and what is ignored stays so."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_asks_terraform_to_stop_and_the_handler_before_comes_back(number: signal.Signals) -> None:
    before, interruption = signal.getsignal(number), Interruption()
    with interruptible(interruption):
        os.kill(os.getpid(), number)
        counted = interruption.count
    assert (counted, signal.getsignal(number)) == (1, before)


def test_only_a_second_ctrl_c_kills_terraform_and_each_signal_is_answered(
    capfd: pytest.CaptureFixture[str],
) -> None:
    interruption = Interruption()
    counts = []
    with interruptible(interruption):
        for number in (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            os.kill(os.getpid(), number)
            counts.append(interruption.count)
    assert counts == [1, 1, 1, 2]
    said = capfd.readouterr().err.splitlines()
    assert [line for line in said if line] == [
        *[
            "interrupted: waiting until Terraform has ended what it began, which may take minutes. "
            "A second Ctrl-C kills it, and the state may lack what it was making."
        ]
        * 3,
        "killing Terraform",
    ]
