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

from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qs

from harness.sandbox.faults import Fault
from harness.sandbox.requests.messages import Answer
from harness.sandbox.service import CannotBeKept, Context, Service
from harness.sandbox.service import Link as RegionLink
from harness.sandbox.services.cloudwatch import CloudWatch
from harness.sandbox.services.rds.aurora import stored
from harness.sandbox.services.rds.aurora.calls import Calls, Forward, Handler
from harness.sandbox.services.rds.aurora.data_api import DataApi
from harness.sandbox.services.rds.aurora.databases import Databases
from harness.sandbox.services.rds.aurora.metrics import NAMESPACE, Metrics
from harness.sandbox.services.rds.aurora.programs import NoPrograms
from harness.sandbox.services.rds.aurora.roles import Roles
from harness.sandbox.services.rds.aurora.snapshots import Snapshots
from harness.sandbox.services.rds.aurora.transitions import Step, Transitions


class Aurora(Service):
    """The Aurora PostgreSQL clusters of one sandbox."""

    name = "rds"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        epoch, put = context.epoch, partial(context.services[CloudWatch].put_metric, NAMESPACE)
        self.databases = Databases(
            context.clock,
            faults=context.faults,
            addresses=context.addresses.regions,
            delay=context.delay,
            scratch=context.scratch,
        )
        snapshots = Snapshots(self.databases)
        self._transitions = Transitions(self.databases, snapshots, epoch=epoch)
        self._metrics = Metrics(self.databases, put=put, epoch=epoch)
        self._data_api = DataApi(self.databases)
        self._calls = Calls(
            self.databases, snapshots, self._transitions, secondary_made=self._metrics.start, epoch=epoch
        )
        roles = Roles(self.databases, self._transitions)
        self._handlers: Mapping[str, Handler] = {**self._calls.handlers, **roles.handlers}

    async def stop(self) -> None:
        """Stop and remove every database."""
        await self._metrics.close()
        await self._transitions.close()
        await self._calls.close()
        await self._data_api.close()
        await self.databases.close()

    def fault_injected(self, number: int, fault: Fault) -> None:
        """Take the sessions that the fault touches, and hold the links that it blocks."""
        struck = sum(cluster.front.strike(fault) for cluster in self.databases.clusters.values())
        if struck:
            self.databases.faults.count(number, struck)
        self.databases.wake()

    def fault_healed(self, number: int, fault: Fault) -> None:
        """Let go of what a fault held, as far as no other fault holds it still."""
        for cluster in self.databases.clusters.values():
            cluster.front.release(self.databases.faults.active().values())
        self.databases.wake()

    def held_back(self, link: RegionLink) -> int:
        """How many pieces of write-ahead log are on their way from one region to another."""
        return sum(each.pending for each in self.databases.links().get(link, ()))

    def kept(self) -> object:
        if self.databases.clusters:
            raise CannotBeKept("its databases are PostgreSQL servers that run")
        return None

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

    async def answer(self, body: bytes, query: Mapping[str, Any], forward: Forward) -> Answer:
        """What RDS answers to a call; `forward` lets MiniStack answer it."""
        parameters = _parameters(body, query)
        handler = self._handlers.get(parameters.get("Action", ""))
        if handler is None:
            return await forward()
        try:
            return await handler(parameters, forward)
        except NoPrograms as missing:
            return stored.error("InvalidParameterCombination", str(missing))

    async def answer_data(self, path: str, body: bytes) -> Answer | None:
        """What the Data API answers; None for a call of a cluster that is MiniStack's."""
        return await self._data_api.handle(path, body)


def _parameters(body: bytes, query: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of a query-protocol request by name; of a repeated one the first value."""
    form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    merged: dict[str, Any] = {**query, **form}
    return {
        name: value[0] if isinstance(value, list) else str(value) for name, value in merged.items() if value
    }
