"""How far each secondary cluster is behind, as CloudWatch metrics of its region.

Source: Amazon Aurora User Guide, "Amazon CloudWatch metrics for Amazon Aurora", cluster-level metrics:
AuroraGlobalDBReplicationLag and AuroraGlobalDBRPOLag, in milliseconds. Assumed, because no document says it:
while the source region is dark, the secondary knows of no newer commit, so its RPO lag stays at the last
value; the replication lag grows.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable

from harness.sandbox.services.rds.aurora.cluster import Cluster
from harness.sandbox.services.rds.aurora.databases import Databases

NAMESPACE = "AWS/RDS"
# CloudWatch has one value a minute of each, in model seconds.
PERIOD = 60.0

# (region, name, dimensions, value, Unix time): stores one value
Put = Callable[[str, str, dict[str, str], float, datetime.datetime], None]


class Metrics:
    """All methods belong to the sandbox's loop; `put` is called in a thread."""

    def __init__(self, databases: Databases, *, put: Put, epoch: Callable[[], float]) -> None:
        self._databases = databases
        self._put = put
        self._epoch = epoch
        self._known: dict[Cluster, float] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Publish from now on; called for every secondary that is made."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(
                self._publish_forever(), name="aurora-metrics"
            )

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def publish(self) -> None:
        """One value of each metric for every secondary whose region is up."""
        values = [
            (cluster.region, name, dimensions, lag * 1000)
            for cluster in self._databases.clusters.values()
            for name, dimensions, lag in self._lags(cluster)
        ]
        moment = datetime.datetime.fromtimestamp(self._epoch(), tz=datetime.UTC)
        for region, name, dimensions, value in values:
            await asyncio.to_thread(self._put, region, name, dimensions, value, moment)

    def _lags(self, cluster: Cluster) -> list[tuple[str, dict[str, str], float]]:
        primary, link = cluster.source, cluster.link
        if primary is None or link is None or cluster.region in self._databases.unavailable():
            return []
        if primary.region not in self._databases.unavailable() or cluster not in self._known:
            self._known[cluster] = link.unsent_for()
        by_cluster = {"DBClusterIdentifier": cluster.key.identifier}
        by_source = {**by_cluster, "SourceRegion": primary.region}
        return [
            (name, dimensions, lag)
            for name, lag in (
                ("AuroraGlobalDBReplicationLag", link.lag_now()),
                ("AuroraGlobalDBRPOLag", self._known[cluster]),
            )
            for dimensions in (by_cluster, by_source)
        ]

    async def _publish_forever(self) -> None:
        while True:
            await self.publish()
            await self._databases.clock.sleep(PERIOD)
