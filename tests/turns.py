"""Whose turn it is on this machine: drills have it to themselves, other tests share it.

Model time runs at wall speed while a request is in flight, so a core that is taken away from a drill looks to
its clients like an outage (docs/performance.md, "What a busy machine does").
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path


class Turns:
    """Turns among processes that name the same folder; the system gives back what a killed process held.

    Raises RuntimeError for a turn within a turn: it would wait for itself.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._inside = False

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """With others, once nobody is alone or waits to be."""
        with self._entered(fcntl.LOCK_SH):
            yield

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Without others, once they have left; who comes later waits, so that they do leave."""
        with self._entered(fcntl.LOCK_EX):
            yield

    @contextlib.contextmanager
    def _entered(self, how: int) -> Iterator[None]:
        if self._inside:
            raise RuntimeError("this process has a turn already")
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / "room").open("w") as room:
            with (self._folder / "door").open("w") as door:
                fcntl.flock(door, fcntl.LOCK_EX)
                fcntl.flock(room, how)
            self._inside = True
            try:
                yield
            finally:
                self._inside = False


TURNS = Turns(Path(__file__).parents[1] / ".antipode" / "turns")
