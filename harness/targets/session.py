"""A run of Terraform over an environment's stacks: the stacks, the progress, and Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from generator.manifest.problems import InputRefused
from harness.environments import Environment
from harness.targets.target import target_of
from harness.terraform.process import Interruption
from harness.terraform.progress import progress_view
from harness.terraform.session import Session, open_session
from harness.terraform.stack import StackRun, Target, UpstreamInput

WAITING = (
    b"\ninterrupted: waiting until Terraform has ended what it began, which may take minutes. "
    b"A second Ctrl-C kills it, and the state may lack what it was making.\n"
)
KILLING = b"\nkilling Terraform\n"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One verb over the stacks of an environment.

    `sandbox`: in the embedded AWS instead of the operator's account. `only`: names of stacks, all if empty.
    `as_json`: progress and result for machines.
    """

    environment: Environment
    sandbox: bool = False
    only: tuple[str, ...] = ()
    as_json: bool = False

    @property
    def stacks(self) -> tuple[StackRun, ...]:
        """Raises InputRefused when `only` names a stack that the environment does not have."""
        return chosen(self.environment, self.only)

    @contextlib.contextmanager
    def open(self, **options: Any) -> Iterator[Session]:
        """A session on the target. `options` are those of `open_session`."""
        with (
            target_of(self.environment, sandbox=self.sandbox) as target,
            session(self.environment, target, as_json=self.as_json, **options) as opened,
        ):
            yield opened


def stack_runs(environment: Environment) -> tuple[StackRun, ...]:
    """The environment's stacks in the form that the runner takes."""
    return tuple(
        StackRun(
            name=stack.name,
            wave=stack.wave,
            turn=stack.turn,
            root=environment.folder / stack.name,
            inputs=tuple(
                UpstreamInput(variable=each.variable, stack=each.upstream, output=each.output)
                for each in stack.inputs
            ),
            bootstrap=stack.name == "state",
        )
        for stack in environment.stacks
    )


def chosen(environment: Environment, only: Sequence[str]) -> tuple[StackRun, ...]:
    """All stacks, or the named ones. Raises InputRefused for the name of no stack."""
    everything = stack_runs(environment)
    known = [stack.name for stack in everything]
    if wrong := [name for name in only if name not in known]:
        raise InputRefused(
            [f"STACK={name}: is not a stack of {environment.name}; use {', '.join(known)}" for name in wrong]
        )
    return tuple(stack for stack in everything if not only or stack.name in only)


@contextlib.contextmanager
def session(
    environment: Environment, target: Target, *, as_json: bool = False, **options: Any
) -> Iterator[Session]:
    """A session that shows its progress. Ctrl-C lets Terraform end what it has begun."""
    interruption = Interruption()
    with (
        progress_view(sys.stdout if as_json else sys.stderr, as_json=as_json) as observe,
        interruptible(interruption),
    ):
        yield open_session(environment.name, target, observe=observe, interruption=interruption, **options)


@contextlib.contextmanager
def interruptible(interruption: Interruption) -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP ask Terraform to stop, instead of leaving its locks behind.

    A second Ctrl-C kills it. A second SIGTERM or SIGHUP does not: a shell that is closed may send two.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, _frame: object) -> None:
        if number == signal.SIGINT or interruption.count == 0:
            interruption.request()
        with contextlib.suppress(OSError):  # the terminal may be closed
            os.write(sys.stderr.fileno(), WAITING if interruption.count == 1 else KILLING)

    before = {
        number: signal.signal(number, handle)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
