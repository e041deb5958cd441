"""What is drilled: an applied environment as its clients, and its objectives, see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.terminal import REFUSED, FatalError

Role = Literal["primary", "standby", "active"]
Store = Literal["table", "database", "objects", "static"]
Entry = Literal["dns", "cdn"]
Routing = Literal["simple", "failover", "latency", "weighted", "geolocation"]
Doing = Literal["read", "write"]


class DrillError(FatalError):
    """The drill cannot be run as asked; the message says what to change."""

    status = REFUSED


@dataclass(frozen=True)
class Objectives:
    """What the environment promises. Seconds; `judge_stale` also judges clients that overstay the TTL."""

    rto: float
    rpo: float
    judge_stale: bool = False


@dataclass(frozen=True)
class Flow:
    """One kind of request that clients make, and the store behind it.

    read_path: GET <read_path>?id=<id>, or with {id} in it; for the store "static" GET <read_path>/<key>.
    write_path: POST, None for a flow that is only read. rto, rpo: seconds, the flow's own objectives; None
    means the environment's.
    buckets: (region, bucket) of a static flow, the first is where the drill puts what it then reads.
    """

    name: str
    read_path: str
    write_path: str | None
    store: Store = "table"
    rto: float | None = None
    rpo: float | None = None
    buckets: tuple[tuple[str, str], ...] = ()


ITEMS = Flow("items", "/read", "/write")


@dataclass(frozen=True)
class Controller:
    """The failover controller. functions: (region, function name) of every voter, the witness included.

    table: the control table, of the same name in every voter's region. home: who writes when all is well.
    """

    functions: tuple[tuple[str, str], ...]
    table: str
    home: str
    alias: str = "live"

    def function(self, region: str) -> str:
        """The controller's function in a region. Raises DrillError naming the regions that have one."""
        for name, function in self.functions:
            if name == region:
                return function
        known = ", ".join(name for name, _ in self.functions)
        raise DrillError(f"no failover controller runs in {region}; one runs in {known}")


@dataclass(frozen=True)
class SubjectRegion:
    """One region of the environment.

    health_host: the regional host that health checks probe. health_check: the id of its Route 53 health
    check, None when the region has none. functions: names of those to be warmed before the drill.
    direct_host: the host that reaches this region alone, None when that is health_host.
    """

    name: str
    role: Role
    health_host: str
    health_check: str | None = None
    functions: tuple[str, ...] = ()
    direct_host: str | None = None


@dataclass(frozen=True)
class Subject:
    """An environment that is applied in the sandbox.

    entry_host: the name that clients resolve and send as Host. ttl: seconds, of the record that steers
    traffic. auto_return: whether traffic may go back to the primary by itself after the fault. flows: the
    first is the environment's main one. entry: cdn when entry_host leads to a CDN; then origin_host is the
    failing-over name that the CDN resolves for writes, None when it has none. witness: a region that votes
    and serves nobody.
    """

    environment: str
    entry_host: str
    regions: tuple[SubjectRegion, ...]
    ttl: float
    objectives: Objectives
    auto_return: bool = True
    health_path: str = "/health"
    flows: tuple[Flow, ...] = (ITEMS,)
    entry: Entry = "dns"
    routing: Routing = "failover"
    origin_host: str | None = None
    standby_host: str | None = None
    witness: str | None = None
    controller: Controller | None = None

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

    @property
    def steered_host(self) -> str:
        """The name whose DNS answers say where traffic goes: the entry's, behind a CDN the origin's."""
        return self.origin_host or self.entry_host

    @property
    def operations(self) -> tuple[str, ...]:
        """What clients do, flow by flow: read, write, read orders, write orders."""
        return tuple(
            self.operation(flow, doing)
            for flow in self.flows
            for doing in (("read", "write") if flow.write_path else ("read",))
        )

    def operation(self, flow: Flow, doing: Doing) -> str:
        """The operation's name; the first flow's is plain `read` or `write`."""
        return doing if flow == self.flows[0] else f"{doing} {flow.name}"

    def flow_of(self, operation: str) -> Flow:
        """The flow that an operation belongs to. Raises DrillError for one that is no client's."""
        _, _, name = operation.partition(" ")
        for flow in self.flows if name else self.flows[:1]:
            if name in ("", flow.name):
                return flow
        raise DrillError(f"{self.environment} has no operation {operation}; it has {self.operations}")

    def rto(self, operation: str, objectives: Objectives) -> float:
        """What is allowed for an operation: its flow's own objective, else that of `objectives`. Seconds."""
        own = self.flow_of(operation).rto
        return objectives.rto if own is None else own

    def rpo(self, operation: str, objectives: Objectives) -> float:
        own = self.flow_of(operation).rpo
        return objectives.rpo if own is None else own

    def direct_host(self, region: str) -> str:
        """The host by which a region answers for itself, whatever steers traffic."""
        found = self.region(region)
        return found.direct_host or found.health_host

    def marker(self, region: str) -> str:
        """The text that only a passing run of that region's own health function puts into its answer."""
        return f'"health":"pass:{self.environment}/{region}"'
