"""Failover and switchover between the clusters of a global database, in model time.

Rules, all from the Amazon Aurora User Guide, "Using switchover or failover in Amazon Aurora Global Database":

- A switchover needs every cluster healthy. It waits until the target has everything, the primary becomes
  read-only, the target is promoted, the old primary follows it. Nothing is lost.
- A failover does not wait for data. Aurora tries to stop writes in the old primary (write fencing, best
  effort): here that succeeds when the old primary can be reached, and else when its region returns.
- As soon as the old primary's region is healthy, Aurora takes a snapshot of its volume at the point of
  failure (`rds:unplanned-global-failover-<cluster>-<timestamp>`), builds a new volume, and adds it back as a
  secondary.
- After a failover the other secondaries are rebuilt from the new primary.

PostgreSQL promotes in a tenth of a second; what Aurora takes is drawn from delays.yaml.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from harness.sandbox.services.rds.aurora import stored
from harness.sandbox.services.rds.aurora.cluster import Cluster
from harness.sandbox.services.rds.aurora.databases import Databases
from harness.sandbox.services.rds.aurora.session import SqlError
from harness.sandbox.services.rds.aurora.snapshots import Snapshots
from harness.sandbox.services.rds.aurora.stored import ClusterKey, Record

# How often a step that waits for another region looks again, in model seconds.
_AGAIN = 0.25

# How often a step that waits for a server at work looks again, in wall seconds.
_SOON = 0.005


class Step(NamedTuple):
    """One thing that happened to a cluster, for reports. `moment`: model seconds; `modelled`: how many of the
    seconds before it were drawn from delays.yaml rather than measured, there under the name `delay`."""

    moment: float
    cluster: str
    region: str
    what: str
    modelled: float = 0.0
    delay: str = ""


class Transitions:
    """All methods belong to the sandbox's loop. `epoch` gives the Unix time of the present moment."""

    def __init__(self, databases: Databases, snapshots: Snapshots, *, epoch: Callable[[], float]) -> None:
        self.history: list[Step] = []
        self._databases = databases
        self._snapshots = snapshots
        self._epoch = epoch
        self._tasks: dict[ClusterKey, asyncio.Task[None]] = {}

    async def close(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def abandon(self, key: ClusterKey) -> None:
        """Stop whatever is being done to a cluster, because it is deleted or detached."""
        task = self._tasks.pop(key, None)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})

    def fail_over(self, found: Record, target: Cluster) -> None:
        """Begin an unplanned failover to `target`."""
        self._announce(found, target, data_loss=True)
        self._begin(target.key, self._fail_over(found, target))

    def switch_over(self, found: Record, target: Cluster) -> None:
        """Begin a switchover to `target`."""
        self._announce(found, target, data_loss=False)
        self._begin(target.key, self._switch_over(found, target))

    # Failover

    async def _fail_over(self, found: Record, target: Cluster) -> None:
        old = self._databases.primary_of(target)
        await target.detach()
        if old is not None:
            self._databases.order_fence(old, by=target.region)
            if self._databases.must_fence(old):
                await self._fence(old)
            else:
                self._begin(old.key, self._fence_when_reached(old))
        drawn = await self._wait_for("aurora_promotion")
        await self._until(lambda: target.region not in self._databases.unavailable())
        await target.promote()
        stored.set_writer(found, target.key)
        self._finish(found, target)
        self._note(target, "promoted", drawn=drawn)
        for other in self._databases.secondaries_of(target):
            _set_synchronization(found, other.key, "pending-resync")
            if other is old:
                self._begin(other.key, self._rejoin(found, other, self._tasks.get(other.key)))
            else:
                self._begin(other.key, self._rebuild(found, other))

    async def _fence_when_reached(self, old: Cluster) -> None:
        await self._until(lambda: self._databases.must_fence(old))
        await self._fence(old)

    async def _fence(self, old: Cluster) -> None:
        await old.fence()
        self._databases.fenced(old)
        self._note(old, "writes stopped")

    async def _rejoin(self, found: Record, old: Cluster, fencing: asyncio.Task[None] | None) -> None:
        """Bring the old primary back as a secondary, and keep what only it had."""
        await self._until(lambda: fencing is None or fencing.done())
        await self._until(lambda: self._reached_by_primary(old))
        old.ready.clear()
        stored.set_status(old.key, "backing-up")
        name = await self._snapshots.take_over(old, moment=self._epoch())
        self._note(old, f"snapshot {name}")
        await self._rebuild(found, old)

    async def _rebuild(self, found: Record, cluster: Cluster) -> None:
        """Make the cluster a copy of the primary once more; it cannot be read meanwhile."""
        cluster.ready.clear()
        cluster.front.drop()
        await cluster.detach()
        stored.set_status(cluster.key, "rebuilding")
        drawn = await self._wait_for("aurora_secondary_rebuild")
        await self._until(lambda: self._reached_by_primary(cluster))
        await self._follow(found, cluster)
        self._note(cluster, "follows the primary", drawn=drawn)

    # Switchover

    async def _switch_over(self, found: Record, target: Cluster) -> None:
        old = self._databases.primary_of(target)
        assert old is not None
        await self._until_synchronised(old, target)
        await old.fence()
        self._note(old, "read-only")
        await self._until_synchronised(old, target)
        drawn = await self._wait_for("aurora_switchover")
        await target.promote()
        stored.set_writer(found, target.key)
        self._finish(found, target)
        self._note(target, "promoted", drawn=drawn)
        for other in self._databases.secondaries_of(target):
            other.ready.clear()
            other.front.drop()
            await self._follow(found, other)
            self._note(other, "follows the primary")

    async def _until_synchronised(self, old: Cluster, target: Cluster) -> None:
        """Wait until the target has everything that the primary has committed by now."""
        committed: int | None = None
        while True:
            at_work = False
            if old.server is not None and target.server is not None:
                with contextlib.suppress(OSError, SqlError):
                    if committed is None:
                        committed = await old.server.written()
                    if await target.server.replayed() >= committed:
                        return
                    at_work = target.link is not None and not target.link.waits
            # while PostgreSQL is at work model time must not leap
            await (asyncio.sleep(_SOON) if at_work else self._databases.clock.sleep(_AGAIN))

    # Steps of both

    async def _follow(self, found: Record, cluster: Cluster) -> None:
        primary = self._databases.primary_of(cluster)
        assert primary is not None
        assert primary is not cluster
        await cluster.follow(primary)
        cluster.fenced = False
        cluster.ready.set()
        stored.set_status(cluster.key, "available")
        _set_synchronization(found, cluster.key, "connected")

    def _reached_by_primary(self, cluster: Cluster) -> bool:
        primary = self._databases.primary_of(cluster)
        return primary is not None and not (
            self._databases.blocked(primary.region, cluster.region)
            or not self._databases.reaches(primary.region, cluster.region)
        )

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Wait for faults to be healed, or for another transition: by looking again and again, because time
        may leap between the moment that something happens and the moment that a waiting task hears of it."""
        while not condition():
            await self._databases.clock.sleep(_AGAIN)

    async def _wait_for(self, delay: str) -> tuple[float, str]:
        """Let a drawn delay pass; its seconds and its name, for `_note`."""
        seconds = self._databases.delay(delay)
        await self._databases.clock.sleep(seconds)
        return seconds, delay

    def _announce(self, found: Record, target: Cluster, *, data_loss: bool) -> None:
        """What DescribeGlobalClusters says while it goes on. Source: RDS API reference, FailoverState."""
        writer = stored.writer_of(found)
        found["Status"] = "failing-over" if data_loss else "switching-over"
        found["FailoverState"] = {
            "Status": "failing-over",
            "FromDbClusterArn": writer.arn if writer is not None else "",
            "ToDbClusterArn": target.key.arn,
            "IsDataLossAllowed": data_loss,
        }
        stored.set_status(target.key, found["Status"])
        self._note(target, "failover begun" if data_loss else "switchover begun")

    def _finish(self, found: Record, target: Cluster) -> None:
        found["Status"] = "available"
        found.pop("FailoverState", None)
        target.fenced = False
        stored.set_status(target.key, "available")

    def _note(self, cluster: Cluster, what: str, *, drawn: tuple[float, str] = (0.0, "")) -> None:
        moment = self._databases.clock.now()
        self.history.append(Step(moment, cluster.key.identifier, cluster.region, what, *drawn))

    def _begin(self, key: ClusterKey, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` on the model clock: time stands still only while it really works."""
        task = self._databases.clock.spawn(work, name=f"aurora-{key.identifier}-{key.region}")
        self._tasks[key] = task
        task.add_done_callback(_report)


def _set_synchronization(found: Record, key: ClusterKey, status: str) -> None:
    for other, member in stored.members(found):
        if other == key:
            member["SynchronizationStatus"] = status


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        logging.getLogger(__name__).error("%s failed", task.get_name(), exc_info=error)
