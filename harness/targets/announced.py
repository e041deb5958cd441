"""The record of the sandbox that `make sandbox` keeps up, by which the other verbs find it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harness.terraform.installation import WORK

RECORD = WORK / "sandbox.json"


@dataclass(frozen=True)
class RunningSandbox:
    """`environment`: the AWS_* variables that lead to it."""

    pid: int
    endpoint: str
    account_id: str
    regions: tuple[str, ...]
    environment: Mapping[str, str]


@contextlib.contextmanager
def announced(found: RunningSandbox, *, record: Path = RECORD) -> Iterator[None]:
    """Write the record, and remove it when the block ends."""
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(asdict(found)), encoding="utf-8")
    try:
        yield
    finally:
        record.unlink(missing_ok=True)


def find(*, account_id: str, regions: Sequence[str], record: Path = RECORD) -> RunningSandbox | None:
    """The running sandbox of this account with these regions; None when there is none.

    Removes the record of a sandbox that was killed: its process or its port is gone.
    """
    try:
        told = json.loads(record.read_text(encoding="utf-8"))
        found = RunningSandbox(**{**told, "regions": tuple(told["regions"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    if not _alive(found):
        record.unlink(missing_ok=True)
        return None
    fits = found.account_id == account_id and set(regions) <= set(found.regions)
    return found if fits else None


def _alive(found: RunningSandbox) -> bool:
    try:
        os.kill(found.pid, 0)
        address = urlsplit(found.endpoint)
        with socket.create_connection((address.hostname or "127.0.0.1", address.port or 80), timeout=2):
            return True
    except OSError:
        return False
