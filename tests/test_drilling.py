"""Drills take turns, and other tests leave the cores to them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import drilling, order
from tests.drilling import Turns, next_unit

PATIENCE = 30.0
A_MOMENT = 0.3
TESTS = Path(__file__).parent
DRILLS = re.compile(r"^pytestmark = .*\bmark\.drills\b|^from e2e\.estates import .*\bdrilled\b", re.MULTILINE)

E2E, LIFECYCLE = "tests/e2e/global_serverless", "tests/e2e/test_lifecycle.py"
DRILL, PLAN = "tests/harness/drill/test_drill_cdn.py", "tests/modules/edge/test_zone.py"


class _Process:
    """Another process's turn, as a thread: a lock belongs to the file that was opened."""

    def __init__(self, turns: Turns) -> None:
        self._turns, self.inside, self._leave = turns, threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with self._turns.turn():
            self.inside.set()
            self._leave.wait(PATIENCE)

    def leave(self) -> None:
        self._leave.set()
        self._thread.join(PATIENCE)


@pytest.fixture
def process(tmp_path: Path) -> Callable[[], _Process]:
    return lambda: _Process(Turns(tmp_path / "turns", at_once=2))


def test_as_many_as_may_drill_do_and_the_next_waits_for_one_to_leave(process: Callable[[], _Process]) -> None:
    first, second = process(), process()
    assert first.inside.wait(PATIENCE)
    assert second.inside.wait(PATIENCE)
    third = process()
    assert not third.inside.wait(A_MOMENT)
    second.leave()
    assert third.inside.wait(PATIENCE)
    first.leave()
    third.leave()


def test_a_turn_within_a_turn_is_refused_instead_of_waiting_for_itself(tmp_path: Path) -> None:
    turns = Turns(tmp_path / "turns", at_once=1)
    with turns.turn(), pytest.raises(RuntimeError, match="has a turn already"), turns.turn():
        pass
    with turns.turn():
        pass


def test_priority_is_lowered_once() -> None:
    program = (
        "import os; from tests import drilling; "
        "drilling.lower_priority(); drilling.lower_priority(); print(os.nice(0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=TESTS.parent, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == max(os.nice(0), drilling.LOW_PRIORITY)


def test_workers_that_drill_do_so_first_and_the_others_never() -> None:
    units = [PLAN, E2E, LIFECYCLE, DRILL]
    assert next_unit(units, drilling=True) == E2E
    assert next_unit([PLAN, LIFECYCLE], drilling=True) == PLAN
    assert next_unit(units, drilling=False) == PLAN
    assert next_unit([E2E, DRILL], drilling=False) is None


def test_every_file_that_drills_is_known_as_one() -> None:
    texts = {path: path.read_text() for path in sorted(TESTS.rglob("test_*.py"))}
    marked = [str(path.relative_to(TESTS.parent)) for path, text in texts.items() if DRILLS.search(text)]
    assert len(marked) > 5
    assert [file for file in marked if not order.drills(file)] == []


@pytest.mark.parametrize(
    ("nodeid", "unit"),
    [
        ("tests/e2e/global_serverless/test_a.py::test_b[c/d]", E2E),
        ("tests/e2e/test_lifecycle.py::test_a", LIFECYCLE),
        ("tests/modules/edge/test_zone.py::test_a", PLAN),
        ("tests/e2e/test_runbook_commands.py::test_a", E2E),
    ],
)
def test_a_file_stays_together_and_so_does_an_applied_environment(nodeid: str, unit: str) -> None:
    assert order.unit_of(nodeid) == unit


def test_files_that_run_one_after_the_other_exist() -> None:
    files = [file for pair in order.ONE_AFTER_THE_OTHER.items() for file in pair]
    assert [file for file in files if not (TESTS.parent / file).exists()] == []


def test_the_longest_start_first() -> None:
    files = ["tests/generator/test_hcl.py", PLAN, DRILL, LIFECYCLE, f"{E2E}/test_a.py"]
    assert sorted(files, key=order.place) == list(reversed(files))
