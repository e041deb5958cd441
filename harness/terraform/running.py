"""Who works on a stack: one runner at a time in a checkout, and a record that outlives a kill (or Ctrl-C).

A record of a process that no longer exists is the proof that a state lock is stale. Terraform's lock says
user@host and a time, no process; so the record keeps when our Terraform started and when it was first seen
past its lock: a lock created in between on this host is that process's own, any other is somebody else's.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import psutil  # type: ignore[import-untyped,unused-ignore]

from harness.terraform.diagnostics import LockInfo, duration
from harness.terraform.errors import TerraformError
from harness.terraform.events import EventStream
from harness.terraform.stack import StackDirectory

_LOCKING_SECONDS = 60
"""From its start Terraform has taken its lock within this, or said something by then."""
_SLACK_SECONDS = 2


class StackBusy(TerraformError):
    """Another run of ours, or a Terraform that one left behind, works on this stack in this checkout."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """A Terraform process of ours. Times are seconds since the epoch; `born` tells a reused pid apart."""

    pid: int
    born: float
    host: str
    command: str
    started: float
    locked_by: float
    """The latest time at which it can have taken its lock."""
    under_way: dict[str, str] = field(default_factory=dict)
    """Of a killed run: resources whose change had begun and may not have ended, address -> action."""
    created: dict[str, str] = field(default_factory=dict)
    """Of a killed run: what it had made, address -> id; the latest of it may be in no state."""

    @property
    def alive(self) -> bool:
        try:
            found = psutil.Process(self.pid)
            return bool(abs(found.create_time() - self.born) < 1 and found.status() != psutil.STATUS_ZOMBIE)
        except psutil.Error:
            return False


def begin(directory: StackDirectory, command: str, pid: int, *, lock_timeout: float = 0) -> None:
    now = time.time()
    try:
        born = psutil.Process(pid).create_time()
    except psutil.Error:  # already over
        born = now
    latest = now + _LOCKING_SECONDS + lock_timeout
    record = Record(
        pid=pid, born=born, host=socket.gethostname(), command=command, started=now, locked_by=latest
    )
    _write(directory.running, record)


def note_locked(directory: StackDirectory) -> None:
    """It was seen past its lock: whatever lock is created later is not its own."""
    if record := _read(directory.running):
        _write(directory.running, replace(record, locked_by=time.time()))


def end(directory: StackDirectory) -> None:
    directory.running.unlink(missing_ok=True)


def killed(directory: StackDirectory) -> Record | None:
    """The run that was killed or interrupted here, if the time since has not put it right."""
    return _read(directory.killed)


def put_right(directory: StackDirectory) -> None:
    directory.killed.unlink(missing_ok=True)


def is_ours_and_dead(lock: LockInfo, record: Record | None) -> bool:
    """True only if the lock was taken on this host, by the process of `record`, and that no longer exists."""
    if record is None or lock.created is None or not lock.id or record.alive:
        return False
    here = socket.gethostname()
    taken = lock.created.timestamp()
    in_time = record.started - _SLACK_SECONDS <= taken <= record.locked_by + _SLACK_SECONDS
    return lock.host == here == record.host and in_time


def _last_apply(directory: StackDirectory) -> EventStream:
    """What the last apply had begun and what it had ended when it stopped, from its log."""
    stream = EventStream()
    with contextlib.suppress(OSError), directory.log("apply").open(errors="replace") as lines:
        for line in lines:
            stream.take(line)
    return stream


@contextlib.contextmanager
def claimed(directory: StackDirectory, stack: str, *, wait: float = 60) -> Iterator[Record | None]:
    """Work on the stack alone; gives the record of the run that was killed or interrupted here, if one was.

    A Terraform that its killed runner left behind gets `wait` seconds to end (it was told to). Raises
    StackBusy when it does not, or when another runner is at work.
    """
    directory.make()
    with directory.claim.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StackBusy(_busy(stack, _read(directory.running))) from error
        left = _read(directory.running)
        if left and not _ended(left, wait):
            raise StackBusy(
                f"{stack}: Terraform (process {left.pid}, {left.command}) still runs, started "
                f"{duration(time.time() - left.started)} ago by a run that is gone. "
                f"Wait for it, or ask it to stop: kill -INT {left.pid}"
            )
        if left:
            earlier = _read(directory.killed)
            _write(directory.killed, _together(left, earlier, _last_apply(directory)))
            end(directory)
        yield _read(directory.killed)


def _together(left: Record, earlier: Record | None, apply: EventStream) -> Record:
    """The killed run with what it had done, and what one before it left that was never put right."""
    made = {address: apply.ids[address] for address, did in apply.completed.items() if did == "create"}
    return replace(
        left,
        under_way=(earlier.under_way if earlier else {}) | apply.unsettled,
        created=(earlier.created if earlier else {}) | made,
    )


def _busy(stack: str, record: Record | None) -> str:
    doing = f" (process {record.pid}, {record.command})" if record else ""
    return f"{stack}: another run works on this stack in this checkout{doing}. Wait until it is done."


def _ended(record: Record, wait: float) -> bool:
    until = time.monotonic() + wait
    while record.alive:
        if time.monotonic() >= until:
            return False
        time.sleep(0.1)
    return True


def _write(path: Path, record: Record) -> None:
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(record)), encoding="utf-8")
    os.replace(partial, path)


def _read(path: Path) -> Record | None:
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
