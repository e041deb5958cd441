"""What the controller needs of the world. AWS implements it in aws_*.py, the tests with a model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from controller.lease import Lease
from controller.view import Admit, Ballot, Candidate, Database, Intent, Observation, Serve


class Failed(Exception):
    """Something that had to work did not; what was still to be done in this tick is left undone."""


class Tables(Protocol):
    """The voters' tables. A call to a voter raises Failed when it is out of reach."""

    def ballots(self) -> Mapping[str, Ballot]:
        """Every voter's ballot, read consistently; a voter out of reach is missing."""

    def propose(self, lease: Lease, *, now: float, guard: float) -> int:
        """Write the lease to every voter that accepts it; how many did."""

    def write_intent(self, intent: Intent) -> int:
        """Write what a person asked for to every voter; how many took it."""

    def own_observations(self) -> Mapping[str, Observation]:
        """What this region's function has seen before. Raises Failed."""

    def write_observations(self, observations: Mapping[str, Observation]) -> None:
        """Publish what this region's function has seen. Raises Failed."""

    def announce(self, candidate: Candidate | None) -> None:
        """Publish, or withdraw, that this region would take over. Raises Failed."""

    def admit(self, admission: Admit) -> None:
        """Tell this region's functions. Raises Failed, also when the epoch was closed."""

    def serve(self, serve: Serve) -> None:
        """Tell this region's functions of the serving alone. Raises Failed."""

    def close(self, epoch: int) -> None:
        """End this region's admission of an epoch for good. Raises Failed."""

    def log(self, entry: Mapping[str, Any]) -> None:
        """Append an entry to the log of its epoch at every voter in reach; never raises."""

    def read_log(self, epoch: int) -> list[dict[str, Any]]:
        """The entries of an epoch that any voter in reach holds, oldest first."""


class Databases(Protocol):
    """The global databases, through this region's control plane and Data API. All may raise Failed."""

    def states(self) -> Mapping[str, Database | None]: ...

    def lags(self, at: float) -> Mapping[str, float | None]:
        """Seconds that this region's clusters lagged at `at`; None where there is no figure. Never raises."""

    def promote(self, database: str, mode: str, source: str | None) -> None: ...

    def raise_fence(self, database: str, epoch: int) -> None: ...

    def settle_secrets(self, kind: str, previous: str | None) -> bool:
        """Take one step; True when nothing is left to do."""

    def share_secrets(self, to: str) -> None:
        """Replicate this region's secrets to the region that is to take over, if it has others."""


class Probes(Protocol):
    """How this region's function sees the regions."""

    def probe_all(self) -> Mapping[str, tuple[bool, str]]:
        """Per region whether it is well, and the cause if not; never raises."""

    def publish(self, seen: Mapping[str, bool], *, now: float) -> None:
        """The metric RegionReachable; never raises."""
