"""The interfaces between the controller and the world.

control_tables.py, global_databases.py and probes.py implement them with AWS, the tests with a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from controller.lease import Lease
from controller.view import Admit, Ballot, Candidate, Database, Intent, Observation, Serve


class Failed(Exception):
    """A call failed that this tick needs. The tick ends here; the next one tries again."""


class Tables(Protocol):
    """The voters' control tables. A call to one voter raises Failed when that voter is out of reach."""

    def ballots(self) -> Mapping[str, Ballot]:
        """The ballot of each voter, by a consistent read. A voter out of reach is missing."""

    def propose(self, lease: Lease, *, now: float, guard: float) -> int:
        """Write the lease to every voter that accepts it. Returns the number of voters that did."""

    def write_intent(self, intent: Intent) -> int:
        """Write a person's command to every voter. Returns the number of voters that stored it."""

    def own_observations(self) -> Mapping[str, Observation]:
        """The observations that this region's function published last. Raises Failed."""

    def write_observations(self, observations: Mapping[str, Observation]) -> None:
        """Publish this region's observations in its own table. Raises Failed."""

    def announce(self, candidate: Candidate | None) -> None:
        """Publish that this region is ready to take over, or withdraw it with None. Raises Failed."""

    def admit(self, admission: Admit) -> None:
        """Write the admission of this region's functions. Raises Failed, also when its epoch is closed."""

    def serve(self, serve: Serve) -> None:
        """Write the serving half of the admission only. Raises Failed."""

    def close(self, epoch: int) -> None:
        """Close this region's admission of an epoch. It is never opened again. Raises Failed."""

    def log(self, entry: Mapping[str, Any]) -> None:
        """Append an entry to the log of its epoch at every voter in reach. Never raises Failed."""

    def read_log(self, epoch: int) -> list[dict[str, Any]]:
        """The log entries of an epoch at all voters in reach, oldest first, without duplicates."""


class Databases(Protocol):
    """The global databases, by this region's control plane and Data API. All but `lags` may raise Failed."""

    def states(self) -> Mapping[str, Database | None]:
        """The state of each global database; None if this region's RDS does not know it."""

    def lags(self, at: float) -> Mapping[str, float | None]:
        """Seconds that this region's clusters lagged at `at`; None without a data point. Never raises."""

    def promote(self, database: str, mode: str, source: str | None) -> None:
        """Start a failover or a switchover to this region. `source` is the region of the present writer."""

    def raise_fence(self, database: str, epoch: int) -> None:
        """Make this region's cluster refuse rows of epochs below `epoch`."""

    def settle_secrets(self, kind: str, previous: str | None) -> bool:
        """Take one step towards settled secrets. Returns True when no step is left."""

    def share_secrets(self, to: str) -> None:
        """Replicate this region's own secrets to the region that is about to take over."""


class Probes(Protocol):
    """Health checks of the regions, made by this region's function."""

    def probe_all(self) -> Mapping[str, tuple[bool, str]]:
        """For each region: whether it is well, and the cause if it is not. Never raises."""

    def publish(self, health: Mapping[str, bool], *, now: float) -> None:
        """Publish the metric RegionReachable of each region. Never raises."""
