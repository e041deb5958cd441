from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.terraform.process import Ended, Interruption, Patience, run, signal_due
from tests.harness.terraform.fake_terraform import FakeTerraform

PATIENCE = Patience(limit=100, grace=10)


def _run(fake: FakeTerraform, tmp_path: Path, **options: Any) -> tuple[Ended, list[str]]:
    lines: list[str] = []
    log = tmp_path / "plan.log"
    log.touch()
    defaults: dict[str, Any] = {
        "cwd": tmp_path,
        "environment": {"PATH": "/usr/bin:/bin"},
        "log": log,
        "patience": Patience(limit=20, grace=5),
        "interruption": Interruption(),
        "on_line": lines.append,
    }
    return run([str(fake.binary), "plan"], **(defaults | options)), lines


def _later(seconds: float, action: Any) -> None:
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    timer.start()


@pytest.mark.parametrize(
    ("elapsed", "interrupted", "requests", "sent", "due"),
    [
        (50, None, 0, None, None),
        (100, None, 0, None, signal.SIGINT),
        (105, None, 0, signal.SIGINT, None),
        (110, None, 0, signal.SIGINT, signal.SIGTERM),
        (119, None, 0, signal.SIGTERM, None),
        (120, None, 0, signal.SIGTERM, signal.SIGKILL),
        (5, 0.0, 1, None, signal.SIGINT),
        (5, 2.0, 1, signal.SIGINT, None),
        (20, 10.0, 1, signal.SIGINT, signal.SIGTERM),
        (90, 80.0, 1, signal.SIGTERM, None),
        (5, 1.0, 2, signal.SIGINT, signal.SIGKILL),
        (5, 1.0, 3, signal.SIGKILL, None),
    ],
)
def test_terraform_is_asked_then_told_then_killed(
    elapsed: float,
    interrupted: float | None,
    requests: int,
    sent: signal.Signals | None,
    due: signal.Signals | None,
) -> None:
    assert due == signal_due(
        elapsed=elapsed, patience=PATIENCE, interrupted=interrupted, requests=requests, sent=sent
    )


def test_three_hundred_kilobytes_of_stderr_do_not_stop_it(fake: FakeTerraform, tmp_path: Path) -> None:
    fake.answer(plan={"stderr_kb": 300, "lines": ["first"]})
    ended, lines = _run(fake, tmp_path)
    assert ended.exit_code == 0
    assert lines[0] == "first"
    assert len(lines) == 1 + 300 * 13


def test_captured_output_is_returned_and_not_logged(fake: FakeTerraform, tmp_path: Path) -> None:
    fake.answer(plan={"lines": ['{"secret": "hunter2"}'], "stderr": "a warning\n"})
    ended, lines = _run(fake, tmp_path, capture=True)
    assert ended.output == b'{"secret": "hunter2"}\n'
    assert lines == ["a warning"]
    assert (tmp_path / "plan.log").read_text() == "a warning\n"


def test_lines_are_seen_while_it_runs(fake: FakeTerraform, tmp_path: Path) -> None:
    fake.answer(plan={"lines": ["first"], "seconds": 0.6})
    seen: list[float] = []
    started = time.monotonic()
    _run(fake, tmp_path, on_line=lambda line: seen.append(time.monotonic() - started))
    assert seen[0] < 0.5 < time.monotonic() - started


def test_its_time_up_it_gets_sigint_and_ends(fake: FakeTerraform, tmp_path: Path) -> None:
    fake.answer(plan={"seconds": 30})
    ended, lines = _run(fake, tmp_path, patience=Patience(limit=2, grace=10))
    assert (ended.timed_out, ended.interrupted, ended.exit_code) == (True, False, 1)
    assert lines == ["released"]
    assert fake.signals == [f"{tmp_path.name} SIGINT"]


def test_a_stubborn_one_is_killed_after_its_grace(fake: FakeTerraform, tmp_path: Path) -> None:
    fake.answer(plan={"seconds": 30, "stubborn": True})
    ended, _ = _run(fake, tmp_path, patience=Patience(limit=2, grace=0.3))
    assert (ended.timed_out, ended.exit_code) == (True, -signal.SIGKILL)
    assert fake.signals == [f"{tmp_path.name} SIGINT", f"{tmp_path.name} SIGTERM"]


def test_the_first_interruption_asks_once_and_waits(fake: FakeTerraform, tmp_path: Path) -> None:
    fake.answer(plan={"seconds": 30, "lines": ["under way"]})
    interruption = Interruption()
    lines: list[str] = []

    def interrupt_once(line: str) -> None:
        lines.append(line)
        if line == "under way":
            interruption.request()

    ended, _ = _run(fake, tmp_path, interruption=interruption, on_line=interrupt_once)
    assert (ended.interrupted, ended.timed_out, ended.exit_code) == (True, False, 1)
    assert lines == ["under way", "released"]
    assert fake.signals == [f"{tmp_path.name} SIGINT"]


def test_the_second_interruption_kills(fake: FakeTerraform, tmp_path: Path) -> None:
    fake.answer(plan={"seconds": 30, "stubborn": True, "lines": ["under way"]})
    interruption = Interruption()

    def interrupt_twice(line: str) -> None:
        interruption.request()
        _later(0.4, interruption.request)

    ended, _ = _run(fake, tmp_path, interruption=interruption, on_line=interrupt_twice)
    assert ended.exit_code == -signal.SIGKILL
    assert ended.seconds < 20


def test_the_child_leads_its_own_process_group(fake: FakeTerraform, tmp_path: Path) -> None:
    fake.answer(plan={"seconds": 0.3})
    groups: list[bool] = []

    def started(pid: int) -> None:
        groups.append(os.getpgid(pid) == pid)

    _run(fake, tmp_path, on_start=started)
    assert groups == [True]


def test_a_binary_that_is_not_there_fails_at_once(tmp_path: Path, fake: FakeTerraform) -> None:
    fake.binary.unlink()
    ended, lines = _run(fake, tmp_path)
    assert ended.exit_code == 126
    assert lines == [f"Error: {fake.binary} cannot be started: No such file or directory"]


STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
provider = subprocess.Popen(["sleep", "60"])
print(os.getpid(), provider.pid, flush=True)
time.sleep(60)
"""
RUNNER = """
import sys
from pathlib import Path
from harness.terraform.process import Interruption, Patience, run
run(
    [sys.executable, "-c", sys.argv[2]],
    cwd=Path(sys.argv[1]),
    environment={"PATH": "/usr/bin:/bin", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566"},
    log=Path(sys.argv[1], "apply.log"),
    patience=Patience(limit=60),
    interruption=Interruption(),
    on_line=lambda line: print(line, flush=True),
)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl(2)")
def test_after_kill_9_of_the_runner_no_terraform_and_no_provider_stays_in_a_sandbox(tmp_path: Path) -> None:
    (tmp_path / "apply.log").touch()
    runner = subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(tmp_path), STUBBORN],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert runner.stdout is not None
    processes = [psutil.Process(int(pid)) for pid in runner.stdout.readline().split()]
    runner.kill()
    runner.communicate()
    assert len(processes) == 2
    _, alive = psutil.wait_procs(processes, timeout=20)
    assert alive == []
