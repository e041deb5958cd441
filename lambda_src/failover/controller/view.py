"""What a controller knows when it decides, and what it may decide to do: plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from controller.lease import Lease


class Observation(NamedTuple):
    """What one voter's function saw of a region; it is `well` or not since `since`, without a break."""

    seen_at: float
    well: bool
    since: float
    cause: str = ""


class Candidate(NamedTuple):
    """A region that would take over from the writer of `ready_for`, an epoch, if it were free."""

    ready_for: int
    at: float


class Intent(NamedTuple):
    """What a person asked for; it holds for the epoch that it was asked in, and for five minutes."""

    id: str
    kind: str
    to: str
    epoch: int
    at: float
    by: str
    force: bool = False


class Ballot(NamedTuple):
    """What one voter's table says; a voter that cannot be reached has none."""

    lease: Lease | None
    observations: Mapping[str, Observation]
    candidate: Candidate | None
    intent: Intent | None


class Database(NamedTuple):
    """A global database as this region's control plane tells it."""

    writer: str | None
    # a failover or switchover is under way
    moving: bool
    # the cluster of this region can be used
    available: bool


class View(NamedTuple):
    """Everything that a decision rests on. None for what has not been looked at in this tick."""

    ballots: Mapping[str, Ballot]
    databases: Mapping[str, Database | None] | None = None
    # seconds of replication lag of this region's clusters when the writer was last well; None: no figure
    lags: Mapping[str, float | None] | None = None
    # this region's secrets are as they should be
    secrets_settled: bool | None = None

    @property
    def votes(self) -> dict[str, Lease | None]:
        return {voter: ballot.lease for voter, ballot in self.ballots.items()}


class Propose(NamedTuple):
    """Write a lease to every voter; fails unless a majority accepts."""

    lease: Lease


class Admit(NamedTuple):
    """Tell this region's functions, through the local table, until when they may write and serve."""

    epoch: int
    writer: str
    until: float
    serving: bool
    serving_until: float
    reason: str = ""


class Serve(NamedTuple):
    """Tell this region's functions whether they may serve, and leave alone what they know of the writer."""

    serving: bool
    serving_until: float
    reason: str = ""


class Close(NamedTuple):
    """End the admission of an epoch in the local table, for good."""

    epoch: int


class Announce(NamedTuple):
    """Tell the writer, through the local table, whether this region would take over its epoch."""

    ready_for: int | None


class LookAtDatabases(NamedTuple):
    """Find out where the global databases have their writers."""


class MeasureLags(NamedTuple):
    """Find out how far this region's clusters were behind at `at`, when the writer was last well."""

    at: float


class Promote(NamedTuple):
    """Move a global database's writer to this region."""

    database: str
    mode: str
    source: str | None


class RaiseFence(NamedTuple):
    """Let this region's cluster, which is the writer, refuse rows of epochs below `epoch`."""

    database: str
    epoch: int


class SettleSecrets(NamedTuple):
    """Make this region's secrets usable without the region `previous`."""

    kind: str
    previous: str | None


class ShareSecrets(NamedTuple):
    """Replicate this region's secrets to the one that is to take over."""

    to: str


class Note(NamedTuple):
    """An entry of the log; repeated ones are written once."""

    event: str
    epoch: int
    details: str = ""


Action = (
    Propose
    | Admit
    | Serve
    | Close
    | Announce
    | LookAtDatabases
    | MeasureLags
    | Promote
    | RaiseFence
    | SettleSecrets
    | ShareSecrets
    | Note
)
