"""The view of a controller, on which it decides, and the actions that it may decide on: plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from controller.lease import Lease


class Observation(NamedTuple):
    """The health of a region as one voter's function saw it: `well` or not, without a break since `since`."""

    seen_at: float
    well: bool
    since: float
    cause: str = ""


class Candidate(NamedTuple):
    """A region that is ready to take over from the writer of epoch `ready_for` once its lease is free."""

    ready_for: int
    at: float


class Intent(NamedTuple):
    """A command of a person. It holds for one epoch, and for takeover.LIFE_SECONDS."""

    id: str
    kind: str
    to: str
    epoch: int
    at: float
    by: str
    force: bool = False


class Ballot(NamedTuple):
    """The content of one voter's control table. A voter out of reach has no ballot."""

    lease: Lease | None
    observations: Mapping[str, Observation]
    candidate: Candidate | None
    intent: Intent | None


class Database(NamedTuple):
    """The state of a global database, by RDS in this region."""

    # the region of its writer; None unless there is exactly one
    writer: str | None
    # a failover or switchover is under way
    moving: bool
    # the cluster of this region can be used
    available: bool


class View(NamedTuple):
    """The facts that a decision rests on. None if a fact has not been looked up in this tick."""

    ballots: Mapping[str, Ballot]
    databases: Mapping[str, Database | None] | None = None
    # seconds that this region's clusters lagged when the writer began to fail; None without a data point
    lags: Mapping[str, float | None] | None = None
    # whether every step towards usable secrets in this region is done
    secrets_settled: bool | None = None

    @property
    def votes(self) -> dict[str, Lease | None]:
        return {voter: ballot.lease for voter, ballot in self.ballots.items()}


class Propose(NamedTuple):
    """Write a lease to every voter. Fails without a majority that accepts it."""

    lease: Lease


class Admit(NamedTuple):
    """Write this region's admission: until when its functions may write and serve."""

    epoch: int
    writer: str
    until: float
    serving: bool
    serving_until: float
    reason: str = ""


class Serve(NamedTuple):
    """Write only whether this region's functions may serve. Leaves epoch, writer and `until` as they are."""

    serving: bool
    serving_until: float
    reason: str = ""


class Close(NamedTuple):
    """Close this region's admission of an epoch. It is never opened again."""

    epoch: int


class Announce(NamedTuple):
    """Publish for the writer that this region is ready to take over an epoch; None withdraws it."""

    ready_for: int | None


class LookAtDatabases(NamedTuple):
    """Look up the state of the global databases."""


class MeasureLags(NamedTuple):
    """Look up the replication lag of this region's clusters at `at`, when the writer began to fail."""

    at: float


class Promote(NamedTuple):
    """Move the writer of a global database to this region, by FAILOVER or SWITCHOVER (`mode`)."""

    database: str
    mode: str
    source: str | None


class RaiseFence(NamedTuple):
    """Make this region's cluster, which is the writer, refuse rows of epochs below `epoch`."""

    database: str
    epoch: int


class SettleSecrets(NamedTuple):
    """Make this region's secrets independent of the region `previous`."""

    kind: str
    previous: str | None


class ShareSecrets(NamedTuple):
    """Replicate this region's secrets to the region that is about to take over."""

    to: str


class Note(NamedTuple):
    """An entry of the log. loop.py writes a repeated one once."""

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
