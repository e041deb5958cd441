"""One child process: watched, limited in time, interrupted politely, its output in a file from the start.

The child writes into its log, not into a pipe of ours: a pipe deadlocks when nobody reads (python-terraform's
runner never streams, tftest's reads stderr last), and when the runner is killed a pipe breaks and Go ends the
child with SIGPIPE in the middle of an apply. A file has neither trouble; we read it while it grows.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_TICK_SECONDS = 0.05
_WRAPPER = Path(__file__).with_name("die_with_parent.py")
_RANK = {None: 0, signal.SIGINT: 1, signal.SIGTERM: 2, signal.SIGKILL: 3}


class Interruption:
    """Ctrl-C, counted: at the first Terraform is asked to stop, at the second it is killed. Thread safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._since = 0.0

    def request(self) -> None:
        with self._lock:
            self._since = self._since or time.monotonic()
            self._count += 1

    @property
    def count(self) -> int:
        return self._count

    @property
    def seconds(self) -> float | None:
        """Since the first request; None when there was none."""
        return time.monotonic() - self._since if self._count else None


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a command may take, and how long it gets to end after each signal, in seconds."""

    limit: float
    grace: float = 60.0


@dataclass(frozen=True, kw_only=True)
class Ended:
    """`exit_code` is negative when a signal ended the child. `output` is its stdout, if that was captured."""

    exit_code: int
    seconds: float
    timed_out: bool = False
    interrupted: bool = False
    output: bytes = b""


def signal_due(
    *,
    elapsed: float,
    patience: Patience,
    interrupted: float | None,
    requests: int,
    sent: signal.Signals | None,
) -> signal.Signals | None:
    """The signal to send now, if any: SIGINT, after the grace SIGTERM, and SIGKILL.

    SIGKILL only at a second Ctrl-C or two graces after the time limit. Terraform takes SIGTERM for a second
    interrupt: it stops waiting for what is under way, but still releases its lock.
    """
    overdue = elapsed - patience.limit
    stopping = max(overdue, interrupted if interrupted is not None else -1.0)
    if stopping < 0:
        return None
    wanted = signal.SIGTERM if stopping >= patience.grace else signal.SIGINT
    if requests > 1 or overdue >= 2 * patience.grace:
        wanted = signal.SIGKILL
    return wanted if _RANK[wanted] > _RANK[sent] else None


def run(
    command: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    log: Path,
    patience: Patience,
    interruption: Interruption,
    on_start: Callable[[int], None] = lambda pid: None,
    on_line: Callable[[str], None] = lambda line: None,
    capture: bool = False,
) -> Ended:
    """Run `command` to its end and give every line of its output to `on_line` while it runs.

    stdout and stderr go to `log` (mode 0600); with `capture` stdout is returned instead, and never written
    where it stays, because states and outputs hold secrets. The child leads a process group of its own, so
    that a terminal's Ctrl-C reaches us alone. Raises OSError when the command cannot be started.
    """
    started = time.monotonic()
    with contextlib.ExitStack() as opened:
        sink = opened.enter_context(_appending(log))
        out: IO[bytes] = opened.enter_context(tempfile.TemporaryFile()) if capture else sink
        reader = opened.enter_context(log.open("rb"))
        reader.seek(0, os.SEEK_END)
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_WRAPPER), str(os.getpid()), *command],
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=sink,
            process_group=0,
        )
        on_start(child.pid)
        lines = _Lines(reader, on_line)
        timed_out = _watch(child, started, patience, interruption, lines)
        lines.rest()
        output = b""
        if capture:
            out.seek(0)
            output = out.read()
    return Ended(
        exit_code=child.returncode,
        seconds=time.monotonic() - started,
        timed_out=timed_out,
        interrupted=interruption.count > 0,
        output=output,
    )


def _watch(
    child: subprocess.Popen[bytes],
    started: float,
    patience: Patience,
    interruption: Interruption,
    lines: _Lines,
) -> bool:
    """Wait for the child; true if it ended because its time was up."""
    sent: signal.Signals | None = None
    timed_out = False
    while True:
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_TICK_SECONDS)
            lines.new()
            if child.returncode is not None:
                break
            elapsed = time.monotonic() - started
            due = signal_due(
                elapsed=elapsed,
                patience=patience,
                interrupted=interruption.seconds,
                requests=interruption.count,
                sent=sent,
            )
            if due is not None:
                timed_out = timed_out or (interruption.count == 0 and elapsed >= patience.limit)
                _send(child, due)
                sent = due
        except KeyboardInterrupt:
            interruption.request()
    if child.returncode < 0:  # its provider processes do not notice that Terraform was killed
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    return timed_out


def _send(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """To Terraform alone, which tells its providers; SIGKILL cannot be passed on and goes to the group."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if number == signal.SIGKILL:
            os.killpg(child.pid, number)
        else:
            child.send_signal(number)


def _appending(log: Path) -> IO[bytes]:
    return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")


class _Lines:
    """Whole lines of a file that grows, each handed on once."""

    def __init__(self, reader: IO[bytes], on_line: Callable[[str], None]) -> None:
        self._reader = reader
        self._on_line = on_line
        self._partial = b""

    def new(self) -> None:
        *whole, self._partial = (self._partial + self._reader.read()).split(b"\n")
        for line in whole:
            self._on_line(line.decode("utf-8", "replace"))

    def rest(self) -> None:
        self.new()
        if self._partial:
            self._on_line(self._partial.decode("utf-8", "replace"))
            self._partial = b""
