"""Whether this region may write, and serve, now: the admission that the failover controller writes.

The item `admission` of this region's control table ends by itself: what cuts the region off from the other
voters also ends its leave to write, within the lease, and nobody has to reach it. failover/README.md has
the protocol. What this module owes to it: never to use a copy older than GRACE, never to write at or after
`until`, and never to acknowledge a write that has not been under a valid admission to its end.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from shared import environment, table
from shared.clock import Clock
from shared.requests import TryAgain

# Ask again after this many seconds, so that an end of the admission is noticed soon.
REFRESH_SECONDS = 1.0
# While the table does not answer, a copy may still be used for this long. Less than the controller's GUARD
# (5 s), which is how long it waits after it has ended an admission.
GRACE_SECONDS = 4.0

FENCED = "fenced"


class Admission(NamedTuple):
    """What the controller has written; times in seconds since the epoch of Unix."""

    epoch: int
    writer: str
    until: float
    serving: bool
    serving_until: float
    reason: str


class _Copy(NamedTuple):
    admission: Admission | None
    read_at: float


_copies: dict[str, _Copy] = {}


def is_guarded() -> bool:
    """Whether this environment has a failover controller at all."""
    return bool(os.environ.get("CONTROL_TABLE"))


def admission(clock: Clock) -> Admission | None:
    """The present admission of this region, or None before the first. Raises table.Unavailable."""
    name, now = environment.variable("CONTROL_TABLE"), clock.now()
    copy = _copies.get(name)
    if copy is not None and 0 <= now - copy.read_at < REFRESH_SECONDS:
        return copy.admission
    try:
        # the time is read first: a copy is never older than it says
        copy = _Copy(_read(name), now)
    except table.Unavailable:
        if copy is None or not 0 <= now - copy.read_at < GRACE_SECONDS:
            raise
        return copy.admission
    _copies[name] = copy
    return copy.admission


def admitted(clock: Clock) -> Admission:
    """The admission under which this region may write now. Raises TryAgain, `fenced`, if there is none."""
    found = admission(clock)
    if found is None:
        raise TryAgain(FENCED, "no region has been admitted as the writer yet")
    if clock.now() >= found.until:
        raise TryAgain(
            FENCED, f"the admission of epoch {found.epoch} has ended, another writer is being found"
        )
    return found


def confirm(clock: Clock, under: Admission) -> None:
    """Call after a commit, before it is acknowledged. Raises TryAgain when the admission has ended meanwhile.

    The write may have been made; the client's retry, with the same key, finds out.
    """
    if clock.now() >= under.until:
        raise TryAgain(FENCED, f"the admission of epoch {under.epoch} ended while the write was under way")


def serving(clock: Clock) -> str | None:
    """None when clients' traffic may come to this region, else why not."""
    found = admission(clock)
    if found is None:
        return "not confirmed: the controller has not run here yet"
    if not found.serving:
        return f"not serving: {found.reason}"
    if clock.now() >= found.serving_until:
        return "not confirmed: the controller of this region does not reach a majority of the voters"
    return None


def forget() -> None:
    """Drop the copies, as a new worker would start."""
    _copies.clear()


def _read(name: str) -> Admission | None:
    with table.outages_named():
        found: Any = table.client().get_item(
            TableName=name, Key={"pk": {"S": "admission"}}, ConsistentRead=True
        )
    item = found.get("Item")
    if item is None or "serving" not in item:
        return None
    return Admission(
        # a region may be told to serve before there is a writer
        epoch=int(item.get("epoch", {"N": "0"})["N"]),
        writer=item.get("writer", {"S": ""})["S"],
        until=float(item.get("until", {"N": "0"})["N"]),
        serving=item["serving"]["BOOL"],
        serving_until=float(item["serving_until"]["N"]),
        reason=item["reason"]["S"],
    )
