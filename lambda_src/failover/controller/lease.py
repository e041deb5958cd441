"""The lease: the right of one region to write, held by a majority of the voters' tables. Pure.

Each voter holds one lease, and `accepts` is the only rule by which it changes. Two majorities share a voter,
so a lease at a majority blocks every other claim. README.md has the argument in full.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, NamedTuple

# The kinds of epochs. An evacuation is a failover in which the old writer still hands the lease over.
BOOTSTRAP, FAILOVER, EVACUATION = "bootstrap", "failover", "evacuation"
SWITCHOVER, RETURN, REPAIR = "switchover", "return", "repair"


class Phase(IntEnum):
    """The progress of the writer in its epoch. Within one epoch it never goes back."""

    ACQUIRED = 0  # the lease is won; a database may still have its writer in another region
    PROMOTED = 1  # every database has its writer in this region
    FENCED = 2  # every database refuses rows of older epochs
    ADMITTED = 3  # clients may write
    DONE = 4  # the secrets have followed
    DRAINING = 5  # clients may not write; waiting for writes under way
    RELEASED = 6  # anyone may claim a new epoch at once


class Lease(NamedTuple):
    """The lease as one voter holds it. Times are Unix seconds by the writer's clock."""

    epoch: int
    writer: str
    until: float
    phase: Phase
    # when the phase was entered
    since: float
    # the kind of this epoch: BOOTSTRAP, FAILOVER and so on
    kind: str
    previous: str | None = None
    # regions that lost the lease in a failover: out of service until a person runs readmit
    retired: tuple[str, ...] = ()
    # the region that the lease is handed over to, and the kind of its epoch
    heir: str | None = None
    handover: str | None = None
    claimed_at: float = 0.0
    by: str = "controller"

    @property
    def writes(self) -> bool:
        """Whether clients may write in this phase."""
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
    # a retired region serves clients again without readmit; it does not write
    auto_return: bool = False
    # the home region serves clients only while it is the writer
    active_standby: bool = False
    databases: tuple[str, ...] = ()
    # the wait for the heir of a released lease, and for the database of a switchover to move
    patience: float = 30.0
    # how long a region must be well before a failback
    settled: float = 300.0

    @property
    def quorum(self) -> int:
        return len(self.voters) // 2 + 1

    @property
    def fresh(self) -> float:
        """The maximum age of an observation: two missed probes are allowed."""
        return 3 * self.tick


def accepts(held: Lease | None, proposed: Lease, *, now: float, guard: float) -> bool:
    """Whether a voter that holds `held` accepts `proposed`. All safety rests on this rule.

    Within an epoch only its writer changes the lease, and neither `until` nor the phase goes back.

    A newer epoch is accepted in two cases. The same writer may begin one, if `until` does not go back. Any
    region may begin one if the old lease is released, or GUARD seconds after it ran out. By then the
    functions that were admitted under the old lease have stopped, if their clocks agree within
    GUARD.

    `control_tables.CONDITION` is the same rule for DynamoDB. A test compares the two.
    """
    if held is None:
        return True
    if held.epoch == proposed.epoch:
        return (
            held.writer == proposed.writer and held.until <= proposed.until and held.phase <= proposed.phase
        )
    if held.epoch > proposed.epoch:
        return False
    extends_own = held.writer == proposed.writer and held.until <= proposed.until
    return extends_own or is_free(held, now=now, guard=guard)


def is_free(held: Lease | None, *, now: float, guard: float) -> bool:
    """Whether another region may begin a new epoch after this lease."""
    return held is None or held.phase == Phase.RELEASED or held.until < now - guard


def established(votes: Mapping[str, Lease | None], quorum: int) -> Lease | None:
    """The lease that a majority holds, or None. There is one at most.

    Its `until` is the latest time that a majority has accepted: the quorum-th latest among its holders.
    """
    groups: dict[tuple[int, str], list[Lease]] = {}
    for lease in filter(None, votes.values()):
        groups.setdefault((lease.epoch, lease.writer), []).append(lease)
    for group in groups.values():
        if len(group) >= quorum:
            ends = sorted((lease.until for lease in group), reverse=True)
            return max(group, key=lambda lease: (lease.phase, lease.until))._replace(until=ends[quorum - 1])
    return None


def newest(votes: Mapping[str, Lease | None]) -> Lease | None:
    """The lease of the newest epoch at any voter in reach. It may be a claim without a majority."""
    return max(
        filter(None, votes.values()), key=lambda lease: (lease.epoch, lease.phase, lease.until), default=None
    )


def is_free_at_a_majority(votes: Mapping[str, Lease | None], settings: Settings, *, now: float) -> bool:
    """Whether a majority of the voters would accept a new epoch of another region."""
    free = sum(is_free(held, now=now, guard=settings.guard) for held in votes.values())
    return free >= settings.quorum


def to_item(lease: Lease) -> dict[str, Any]:
    """A lease as JSON values, for a control table or a response."""
    return {**lease._asdict(), "phase": int(lease.phase), "retired": list(lease.retired)}


def from_item(item: Mapping[str, Any]) -> Lease:
    """The lease of a stored document. Ignores fields that it does not know."""
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
