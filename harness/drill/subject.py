"""What is drilled: an applied environment as its clients, and its objectives, see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["primary", "standby", "active"]


class DrillError(RuntimeError):
    """The drill cannot be run as asked; the message says what to change."""


@dataclass(frozen=True)
class Objectives:
    """What the environment promises. Seconds; `judge_stale` also judges clients that overstay the TTL."""

    rto: float
    rpo: float
    judge_stale: bool = False


@dataclass(frozen=True)
class SubjectRegion:
    """One region of the environment.

    health_host: the regional host that health checks probe. health_check: the id of its Route 53 health
    check, None when the region has none. functions: names of those to be warmed before the drill.
    """

    name: str
    role: Role
    health_host: str
    health_check: str | None = None
    functions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """An environment that is applied in the sandbox.

    entry_host: the name that clients resolve and send as Host. ttl: seconds, of the entry's record.
    auto_return: whether traffic may go back to the primary by itself after the fault.
    """

    environment: str
    entry_host: str
    regions: tuple[SubjectRegion, ...]
    ttl: float
    objectives: Objectives
    auto_return: bool = True
    read_path: str = "/read"
    write_path: str = "/write"
    health_path: str = "/health"

    def region(self, name: str) -> SubjectRegion:
        """The region of that name. Raises DrillError naming those that there are."""
        for region in self.regions:
            if region.name == name:
                return region
        known = ", ".join(region.name for region in self.regions)
        raise DrillError(f"{self.environment} has no region {name}; it has {known}")

    @property
    def primary(self) -> str:
        """The region that serves first: the one of role primary, else the first."""
        return next(
            (region.name for region in self.regions if region.role == "primary"), self.regions[0].name
        )

    @property
    def standby(self) -> str | None:
        """The first region that is not the primary, None when there is only one."""
        return next((region.name for region in self.regions if region.name != self.primary), None)

    def marker(self, region: str) -> str:
        """The text that only a passing run of that region's own health function puts into its answer."""
        return f'"health":"pass:{self.environment}/{region}"'
