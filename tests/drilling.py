"""How tests that drill share the machine with the others.

Model time runs at wall speed while a request is in flight, so a core that is taken away from a drill looks to
its clients like an outage (docs/performance.md, "What a busy machine does"). A drill keeps a core a third
busy. So there are as many drills at once as there are cores, and everything else runs beside them at a lower
priority.

A process can lower its priority but not raise it again. So some of pytest-xdist's workers run drills first
and the other tests afterwards, and the rest of the workers never drill.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from tests.order import drills, unit_of

LOW_PRIORITY = 5
"""The niceness of what does not drill: a third of a drill's weight. Much more, and tests would starve beside
a busy program that is not ours."""

_TICK_SECONDS = 0.1


class Turns:
    """So many turns at once, among processes that name the same folder.

    The system gives back what a killed process held. Raises RuntimeError for a turn within a turn: it could
    wait for itself.
    """

    def __init__(self, folder: Path, *, at_once: int) -> None:
        self._folder, self._at_once = folder, at_once
        self._inside = False

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """One of the turns, once it is free."""
        if self._inside:
            raise RuntimeError("this process has a turn already")
        self._folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as opened:
            files = [
                opened.enter_context((self._folder / str(number)).open("w"))
                for number in range(self._at_once)
            ]
            while not any(map(_locked, files)):
                time.sleep(_TICK_SECONDS)
            self._inside = True
            try:
                yield
            finally:
                self._inside = False


def _locked(file: Any) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


TURNS = Turns(Path(__file__).parents[1] / ".antipode" / "turns", at_once=os.cpu_count() or 1)


def lower_priority() -> None:
    """Of this process and of all that it starts from now on, for good."""
    os.nice(max(0, LOW_PRIORITY - os.nice(0)))


class DrillsApart(LoadScopeScheduling):  # type: ignore[misc, unused-ignore]
    """Units of tests (order.py) in their order; those that drill go to the first half of the workers."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        wanted = next_unit(list(self.workqueue), drilling=self._drills(node))
        if wanted is not None:
            self.workqueue.move_to_end(wanted, last=False)
            super()._assign_work_unit(node)

    def _drills(self, node: WorkerController) -> bool:
        workers = sorted(self.nodes, key=lambda each: int(each.gateway.id.removeprefix("gw")))
        return workers.index(node) < (len(workers) + 1) // 2


def next_unit(units: list[str], *, drilling: bool) -> str | None:
    """The unit that a worker runs next: one that drills last of all, or never if it does not drill."""
    apart = [unit for unit in units if drills(unit) == drilling]
    return next(iter(apart or (units if drilling else [])), None)
