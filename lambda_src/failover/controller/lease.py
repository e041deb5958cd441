"""The lease: which region may write, held by a majority of the voters' tables. Everything here is pure.

One register per voter, one rule for every change of it (`accepts`), and the quorum argument on top: two
majorities of the voters share a voter, so what a majority holds no other majority can overlook. README.md
spells the argument out.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NamedTuple

# Why an epoch begins. An evacuation is a failover in which the old writer still could help.
BOOTSTRAP, FAILOVER, EVACUATION = "bootstrap", "failover", "evacuation"
SWITCHOVER, RETURN, REPAIR = "switchover", "return", "repair"


class Phase(IntEnum):
    """How far the writer of an epoch has come; within one epoch it only ever grows."""

    ACQUIRED = 0  # holds the lease; the databases may still have their writer elsewhere
    PROMOTED = 1  # every database has its writer in this region
    FENCED = 2  # every database refuses rows of older epochs
    ADMITTED = 3  # clients may write
    DONE = 4  # the secrets have followed
    DRAINING = 5  # clients may write no more; waiting for what was under way
    RELEASED = 6  # anyone may claim a new epoch at once


class Lease(NamedTuple):
    """What one voter holds. Times are seconds since the epoch of Unix by the writer's clock."""

    epoch: int
    writer: str
    until: float
    phase: Phase
    # when the phase was entered
    since: float
    # why this epoch began
    kind: str
    previous: str | None = None
    # regions that lost the lease in a failover: out of service until a person lets them back
    retired: tuple[str, ...] = ()
    # to whom it is being handed over, and why: the kind of the epoch that follows
    heir: str | None = None
    handover: str | None = None
    claimed_at: float = 0.0
    by: str = "controller"

    @property
    def writes(self) -> bool:
        """Whether this phase lets clients write."""
        return Phase.ADMITTED <= self.phase <= Phase.DONE

    def entering(self, phase: Phase, *, at: float) -> Lease:
        return self._replace(phase=phase, since=at)


class Settings(NamedTuple):
    """The controller's settings; durations in seconds."""

    voters: tuple[str, ...]
    # regions that can hold the lease, in order of succession; the other voters are witnesses
    regions: tuple[str, ...]
    home: str
    lease: float = 20.0
    guard: float = 5.0
    agreement: float = 15.0
    rpo: float = 5.0
    tick: float = 5.0
    automatic: bool = True
    # a retired region may answer clients' reads without a person's leave
    auto_return: bool = False
    # the home region answers clients only while it is the writer
    active_standby: bool = False
    databases: tuple[str, ...] = ()
    # how long a released lease waits for its heir, and a switchover for its database to move
    patience: float = 30.0
    # how long a region must have been well before traffic is brought back to it
    settled: float = 300.0

    @property
    def quorum(self) -> int:
        return len(self.voters) // 2 + 1

    @property
    def fresh(self) -> float:
        """How old an observation may be and still count: two missed looks are forgiven."""
        return 3 * self.tick


def accepts(held: Lease | None, proposed: Lease, *, now: float, guard: float) -> bool:
    """Whether a voter that holds `held` takes `proposed`: the one rule that everything rests on.

    Within an epoch only its writer writes, and neither `until` nor the phase ever goes back. A newer epoch is
    taken only from the same writer, and then `until` does not go back either, or when the old lease is
    released, or has run out and GUARD on top: by then every function that was admitted under it has stopped,
    however wrong its clock (within GUARD). `control_tables.CONDITION` is the same rule for DynamoDB; a test
    holds the two against each other.
    """
    if held is None:
        return True
    if held.epoch == proposed.epoch:
        return (
            held.writer == proposed.writer and held.until <= proposed.until and held.phase <= proposed.phase
        )
    if held.epoch > proposed.epoch:
        return False
    kept = held.writer == proposed.writer and held.until <= proposed.until
    return kept or is_free(held, now=now, guard=guard)


def is_free(held: Lease | None, *, now: float, guard: float) -> bool:
    """Whether another region may take a new epoch over this one."""
    return held is None or held.phase == Phase.RELEASED or held.until < now - guard


def established(votes: Mapping[str, Lease | None], quorum: int) -> Lease | None:
    """The lease that a majority holds, or None: there can be one at most.

    Its `until` is the time that a majority has confirmed: the quorum-th latest of those that hold it.
    """
    groups: dict[tuple[int, str], list[Lease]] = {}
    for lease in filter(None, votes.values()):
        groups.setdefault((lease.epoch, lease.writer), []).append(lease)
    for group in groups.values():
        if len(group) >= quorum:
            latest = sorted((lease.until for lease in group), reverse=True)
            return max(group, key=lambda lease: (lease.phase, lease.until))._replace(until=latest[quorum - 1])
    return None


def newest(votes: Mapping[str, Lease | None]) -> Lease | None:
    """The most recent claim that any reachable voter holds, whether it won or not."""
    return max(
        filter(None, votes.values()), key=lambda lease: (lease.epoch, lease.phase, lease.until), default=None
    )


def is_free_at_a_majority(votes: Mapping[str, Lease | None], settings: Settings, *, now: float) -> bool:
    free = sum(is_free(held, now=now, guard=settings.guard) for held in votes.values())
    return free >= settings.quorum


def to_item(lease: Lease) -> dict[str, Any]:
    """A lease as plain values, for a table or an answer."""
    return {**lease._asdict(), "phase": int(lease.phase), "retired": list(lease.retired)}


def from_item(item: Mapping[str, Any]) -> Lease:
    known = {name: item[name] for name in Lease._fields if name in item}
    return Lease(
        **{
            **known,
            "epoch": int(item["epoch"]),
            "until": float(item["until"]),
            "since": float(item["since"]),
            "claimed_at": float(item.get("claimed_at", 0)),
            "phase": Phase(int(item["phase"])),
            "retired": tuple(item.get("retired", ())),
        }
    )
