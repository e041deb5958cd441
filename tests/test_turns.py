"""Drills are alone on the machine: the turns that the test processes take."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.turns import Turns

PATIENCE = 30.0
A_MOMENT = 0.2


class _Process:
    """Another process's turn, as a thread: a lock belongs to the file that was opened."""

    def __init__(self, turn: Callable[[], AbstractContextManager[None]]) -> None:
        self._turn, self.inside, self._leave = turn, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with self._turn():
            self.inside.set()
            self._leave.wait(PATIENCE)

    def leave(self) -> None:
        self._leave.set()
        self._thread.join(PATIENCE)


@pytest.fixture
def process(tmp_path: Path) -> Callable[[str], _Process]:
    return lambda how: _Process(getattr(Turns(tmp_path / "turns"), how))


def test_several_share(process: Callable[[str], _Process]) -> None:
    sharing = [process("shared"), process("shared")]
    assert all(each.inside.wait(PATIENCE) for each in sharing)


def test_who_is_alone_waits_for_others_to_leave_and_keeps_them_out(
    process: Callable[[str], _Process],
) -> None:
    first = process("shared")
    assert first.inside.wait(PATIENCE)
    drill = process("alone")
    assert not drill.inside.wait(A_MOMENT)
    late = process("shared")
    assert not late.inside.wait(A_MOMENT), "it would put off the drill for ever"
    first.leave()
    assert drill.inside.wait(PATIENCE)
    assert not late.inside.wait(A_MOMENT)
    drill.leave()
    assert late.inside.wait(PATIENCE)


def test_a_turn_within_a_turn_is_refused_instead_of_waiting_for_itself(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "turns")
    with turns.shared(), pytest.raises(RuntimeError, match="has a turn already"), turns.alone():
        pass
    with turns.alone():
        pass
