"""Aurora PostgreSQL behind MiniStack's RDS: its control plane answers, PostgreSQL does the work.

MiniStack keeps the records of clusters, instances and global clusters, but moves no data. What listens here
to the calls that change them lets servers, endpoints and links follow. aurora-mysql is left to MiniStack: its
control plane alone, with no database behind it.

Not emulated, and said here so that nobody relies on it: several instances of one cluster share one server (a
failover inside a region changes nothing), parameter groups do not reach the server (rds.global_db_rpo and
rds.force_ssl have no effect), IAM database authentication, global writer endpoints, the SQL that write
forwarding refuses, and the engine's version, which is that of the PostgreSQL found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from harness.sandbox.faults import Fault, Faults
from harness.sandbox.requests.addresses import Address
from harness.sandbox.services.rds.aurora import stored
from harness.sandbox.services.rds.aurora.calls import Answer, Calls, Handler
from harness.sandbox.services.rds.aurora.data_api import DataApi
from harness.sandbox.services.rds.aurora.databases import Estate
from harness.sandbox.services.rds.aurora.metrics import Metrics, Put
from harness.sandbox.services.rds.aurora.programs import NoPrograms
from harness.sandbox.services.rds.aurora.roles import Roles
from harness.sandbox.services.rds.aurora.snapshots import Snapshots
from harness.sandbox.services.rds.aurora.transitions import Step, Transitions
from harness.sandbox.world.clock import Clock


class Aurora:
    """The Aurora PostgreSQL clusters of one sandbox. All methods belong to the sandbox's loop."""

    def __init__(
        self,
        clock: Clock,
        *,
        faults: Faults,
        addresses: Mapping[str, Address],
        delay: Callable[[str], float],
        epoch: Callable[[], float],
        scratch: Path,
        put_metric: Put,
    ) -> None:
        """delay: draws a modelled delay. epoch: the Unix time of the present moment of model time.
        put_metric: stores one value of a CloudWatch metric."""
        self.estate = Estate(clock, faults=faults, addresses=addresses, delay=delay, scratch=scratch)
        snapshots = Snapshots(self.estate)
        self._transitions = Transitions(self.estate, snapshots, epoch=epoch)
        self._metrics = Metrics(self.estate, put=put_metric, epoch=epoch)
        self._data_api = DataApi(self.estate)
        self._calls = Calls(
            self.estate, snapshots, self._transitions, secondary_made=self._metrics.start, epoch=epoch
        )
        roles = Roles(self.estate, self._transitions)
        self._handlers: Mapping[str, Handler] = {**self._calls.handlers, **roles.handlers}
        self._originals: dict[str, Any] = {}

    # The sandbox's side

    def install(self) -> None:
        """Listen to the calls of RDS and the Data API from now on."""
        from ministack.services import rds, rds_data

        self._originals = {"rds": rds.handle_request, "rds_data": rds_data.handle_request}
        rds.handle_request = self._handle
        rds_data.handle_request = self._handle_data

    async def close(self) -> None:
        """Put MiniStack's own answers back, and stop and remove every database."""
        from ministack.services import rds, rds_data

        if self._originals:
            rds.handle_request = self._originals["rds"]
            rds_data.handle_request = self._originals["rds_data"]
            self._originals = {}
        await self._metrics.close()
        await self._transitions.close()
        await self._calls.close()
        await self._data_api.close()
        await self.estate.close()

    def fault_injected(self, number: int, fault: Fault) -> None:
        """Take the sessions that the fault touches, and hold the links that it blocks."""
        struck = sum(cluster.front.strike(fault) for cluster in self.estate.clusters.values())
        if struck:
            self.estate.faults.count(number, struck)
        self.estate.wake()

    def fault_healed(self) -> None:
        """Let go of what a fault held, as far as no other fault holds it still."""
        for cluster in self.estate.clusters.values():
            cluster.front.release(self.estate.faults.active().values())
        self.estate.wake()

    def pending(self, source: str | None = None, destination: str | None = None) -> int:
        """How many pieces of write-ahead log are on their way, from one region to another or anywhere."""
        return sum(
            link.pending
            for (start, end), links in self.estate.links().items()
            if source in (None, start) and destination in (None, end)
            for link in links
        )

    @property
    def history(self) -> list[Step]:
        """What failovers and switchovers did, in the order of model time."""
        return list(self._transitions.history)

    async def publish_metrics(self) -> None:
        """Store the replication metrics of this moment, besides the values of every minute."""
        await self._metrics.publish()

    async def settle(self) -> None:
        """Return when no cluster is being created, restored or changed."""
        await self._calls.settle()

    # Calls

    async def _handle(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Answer:
        parameters = _parameters(body, query)

        async def forward() -> Answer:
            answer: Answer = await self._originals["rds"](method, path, headers, body, query)
            return answer

        handler = self._handlers.get(parameters.get("Action", ""))
        if handler is None:
            return await forward()
        try:
            return await handler(parameters, forward)
        except NoPrograms as missing:
            return stored.error("InvalidParameterCombination", str(missing))

    async def _handle_data(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Answer:
        answer = await self._data_api.handle(path, body)
        if answer is None:
            answer = await self._originals["rds_data"](method, path, headers, body, query)
        return answer


def _parameters(body: bytes, query: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of a query-protocol request by name; of a repeated one the first value."""
    form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    merged: dict[str, Any] = {**query, **form}
    return {
        name: value[0] if isinstance(value, list) else str(value) for name, value in merged.items() if value
    }
