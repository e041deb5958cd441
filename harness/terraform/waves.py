"""What may start when: a pure schedule over stacks, and threads that follow it.

Within a wave stacks run side by side, bounded by `workers`; the next wave starts when this one has succeeded.
When one fails what runs is let finish, nothing else is started, and the rest says because of which.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Generic, TypeVar

from harness.terraform.process import Interruption
from harness.terraform.stack import StackRun

Result = TypeVar("Result")
_LISTEN_SECONDS = 0.2


@dataclass(frozen=True)
class Task:
    """A stack's name and the names that have to be done before it."""

    name: str
    after: frozenset[str] = frozenset()


@dataclass(frozen=True)
class NotStarted:
    """Why a task never ran: the first that failed, or an empty string for an interruption."""

    because_of: str

    def __str__(self) -> str:
        return (
            f"not started because {self.because_of} failed" if self.because_of else "not started: interrupted"
        )


@dataclass(frozen=True)
class Outcomes(Generic[Result]):
    """Results by task name, in the order in which they ended, and what never ran."""

    done: Mapping[str, Result]
    not_started: Mapping[str, NotStarted]


def by_wave(stacks: Sequence[StackRun], *, reverse: bool = False) -> tuple[Task, ...]:
    """Every stack after all of the lower waves; `reverse` for destroying: after all of the higher ones."""
    ordered = sorted(stacks, key=lambda stack: (-stack.wave if reverse else stack.wave, stack.name))
    return tuple(
        Task(
            stack.name,
            frozenset(
                other.name
                for other in ordered
                if (other.wave > stack.wave if reverse else other.wave < stack.wave)
            ),
        )
        for stack in ordered
    )


def by_inputs(stacks: Sequence[StackRun]) -> tuple[Task, ...]:
    """Every stack after those whose outputs it takes and no others: for plans, which change nothing."""
    ordered = sorted(stacks, key=lambda stack: (stack.wave, stack.name))
    return tuple(Task(stack.name, frozenset(each.stack for each in stack.inputs)) for stack in ordered)


def startable(tasks: Sequence[Task], *, done: frozenset[str], running: frozenset[str]) -> tuple[str, ...]:
    """What may start now, in order: not begun, and everything before it is done. Names that are not among the
    tasks do not hold anything up: a run over some of the stacks takes the others as they are."""
    names = {task.name for task in tasks}
    return tuple(
        task.name for task in tasks if task.name not in done | running and task.after & names <= done
    )


def default_workers() -> int:
    return max(1, os.cpu_count() or 1)


def run(
    tasks: Sequence[Task],
    work: Callable[[str], Result],
    *,
    succeeded: Callable[[Result], bool],
    workers: int | None = None,
    fail_fast: bool = True,
    interruption: Interruption | None = None,
) -> Outcomes[Result]:
    """Run `work` for every task in a thread each. Call it from the main thread: Ctrl-C arrives there.

    Without `fail_fast` a failure holds up nothing. An exception of `work` is raised when all have ended.
    """
    stop = interruption or Interruption()
    limit = workers or default_workers()
    done: dict[str, Result] = {}
    failed = ""
    with ThreadPoolExecutor(max_workers=limit, thread_name_prefix="stack") as pool:
        active: dict[Future[Result], str] = {}
        raised: list[BaseException] = []
        while True:
            held = bool(raised) or stop.count > 0 or (fail_fast and bool(failed))
            ready = () if held else startable(tasks, done=frozenset(done), running=frozenset(active.values()))
            for name in ready[: limit - len(active)]:
                active[pool.submit(work, name)] = name
            if not active:
                break
            for future in _ended(active, stop):
                name = active.pop(future)
                if error := future.exception():
                    raised.append(error)
                    continue
                done[name] = future.result()
                if not failed and not succeeded(done[name]):
                    failed = name
    if raised:
        raise raised[0]
    because_of = "" if stop.count else failed
    left = {task.name: NotStarted(because_of) for task in tasks if task.name not in done}
    return Outcomes(done, left)


def _ended(active: Mapping[Future[Result], str], stop: Interruption) -> list[Future[Result]]:
    """The next futures that end; Ctrl-C meanwhile is noted, and the children hear of it through `stop`."""
    while True:
        try:
            ended, _ = wait(active, timeout=_LISTEN_SECONDS, return_when=FIRST_COMPLETED)
            if ended:
                return [future for future in active if future in ended]
        except KeyboardInterrupt:
            stop.request()
