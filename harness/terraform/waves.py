"""What may start when: a pure schedule over stacks, and threads that follow it.

Within a wave stacks run side by side, bounded by `workers`, and in an environment that is there already by
turns. The next wave starts when this one has succeeded, or when what still runs has said that others may
build on it. When one fails what runs is let finish, nothing else is started, and the rest says because of
which.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from harness.terraform.process import Interruption
from harness.terraform.stack import StackRun

Result = TypeVar("Result")
_LISTEN_SECONDS = 0.2


@dataclass(frozen=True)
class Task:
    """A stack's name and the names that have to be done before it. `in_turn`: only where the environment was
    there before."""

    name: str
    after: frozenset[str] = frozenset()
    in_turn: frozenset[str] = frozenset()


@dataclass
class Findings:
    """What the work finds out while it runs. `usable`: names that run on, and hold nobody up any more;
    `new`: nothing of the environment was there, so nothing that serves can be harmed by taking no turns."""

    usable: set[str] = field(default_factory=set)
    new: bool = False


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


def by_wave(stacks: Sequence[StackRun]) -> tuple[Task, ...]:
    """Every stack after all of the lower waves, and after those of its wave whose turn is before its own."""
    ordered = sorted(stacks, key=lambda stack: (stack.wave, stack.turn, stack.name))
    return tuple(
        Task(
            stack.name,
            after=frozenset(other.name for other in ordered if other.wave < stack.wave),
            in_turn=frozenset(
                other.name for other in ordered if other.wave == stack.wave and other.turn < stack.turn
            ),
        )
        for stack in ordered
    )


def by_wave_reversed(stacks: Sequence[StackRun]) -> tuple[Task, ...]:
    """For destroying: every stack after all of the higher waves."""
    ordered = sorted(stacks, key=lambda stack: (-stack.wave, stack.name))
    return tuple(
        Task(stack.name, frozenset(other.name for other in ordered if other.wave > stack.wave))
        for stack in ordered
    )


def by_inputs(stacks: Sequence[StackRun]) -> tuple[Task, ...]:
    """Every stack after those whose outputs it takes and no others: for plans, which change nothing."""
    ordered = sorted(stacks, key=lambda stack: (stack.wave, stack.name))
    return tuple(Task(stack.name, frozenset(each.stack for each in stack.inputs)) for stack in ordered)


def startable(
    tasks: Sequence[Task], *, done: frozenset[str], running: frozenset[str], new: bool = False
) -> tuple[str, ...]:
    """What may start now, in order: not begun, and everything before it is done. Names that are not among the
    tasks do not hold anything up: a run over some of the stacks takes the others as they are."""
    names = {task.name for task in tasks}

    def waits(task: Task) -> bool:
        before = task.after if new else task.after | task.in_turn
        return not before & names <= done

    return tuple(task.name for task in tasks if task.name not in done | running and not waits(task))


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
    findings: Findings | None = None,
) -> Outcomes[Result]:
    """Run `work` for every task in a thread each. Call it from the main thread: Ctrl-C arrives there.

    `findings` is written by `work` and read here a few times a second. A task that is usable already takes no
    worker's place: what is left of it is waiting for AWS.

    Without `fail_fast` a failure holds up nothing. An exception of `work` is raised when all have ended.
    """
    stop = interruption or Interruption()
    found = findings or Findings()
    limit = workers or default_workers()
    done: dict[str, Result] = {}
    failed = ""
    with ThreadPoolExecutor(max_workers=max(1, len(tasks)), thread_name_prefix="stack") as pool:
        active: dict[Future[Result], str] = {}
        raised: list[BaseException] = []
        while True:
            held = bool(raised) or stop.count > 0 or (fail_fast and bool(failed))
            usable, running = frozenset(found.usable), frozenset(active.values())
            ready = startable(tasks, done=usable | done.keys(), running=running, new=found.new)
            for name in () if held else ready[: max(0, limit - len(running - usable))]:
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
    """The futures that have ended, after a moment none; Ctrl-C is noted, and the children hear of it through
    `stop`."""
    try:
        ended, _ = wait(active, timeout=_LISTEN_SECONDS, return_when=FIRST_COMPLETED)
        return [future for future in active if future in ended]
    except KeyboardInterrupt:
        stop.request()
        return []
