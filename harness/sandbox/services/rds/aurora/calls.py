"""The calls of RDS that change clusters, and what follows from each for servers, endpoints and links."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from harness.sandbox.requests.messages import Answer
from harness.sandbox.services.rds.aurora import stored
from harness.sandbox.services.rds.aurora.cluster import Cluster
from harness.sandbox.services.rds.aurora.databases import Databases
from harness.sandbox.services.rds.aurora.snapshots import Kept, Snapshots
from harness.sandbox.services.rds.aurora.stored import ClusterKey
from harness.sandbox.services.rds.aurora.transitions import Transitions

Parameters = Mapping[str, str]
Forward = Callable[[], Awaitable[Answer]]
Handler = Callable[[Parameters, Forward], Awaitable[Answer]]


class Calls:
    """All methods belong to the sandbox's loop. A handler gets the call's parameters, and what lets MiniStack
    answer it."""

    def __init__(
        self,
        databases: Databases,
        snapshots: Snapshots,
        transitions: Transitions,
        *,
        secondary_made: Callable[[], None],
        epoch: Callable[[], float],
    ) -> None:
        """secondary_made: told of every secondary. epoch: the Unix time of the present moment."""
        self._databases = databases
        self._snapshots = snapshots
        self._transitions = transitions
        self._secondary_made = secondary_made
        self._epoch = epoch
        self._work: dict[ClusterKey, asyncio.Task[None]] = {}
        self.handlers: Mapping[str, Handler] = {
            "CreateDBCluster": self._create_cluster,
            "CreateDBClusterSnapshot": self._create_snapshot,
            "CreateDBInstance": self._create_instance,
            "DeleteDBCluster": self._delete_cluster,
            "DeleteDBClusterSnapshot": self._delete_snapshot,
            "ModifyDBCluster": self._modify_cluster,
            "RemoveFromGlobalCluster": self._remove_from_global,
            "RestoreDBClusterFromSnapshot": self._restore,
        }

    async def settle(self) -> None:
        """Return when no cluster is being created, restored or changed."""
        while pending := [task for task in self._work.values() if not task.done()]:
            await asyncio.wait(pending)

    async def close(self) -> None:
        for task in self._work.values():
            task.cancel()
        if self._work:
            await asyncio.wait(self._work.values())

    async def _create_cluster(self, parameters: Parameters, forward: Forward) -> Answer:
        engine = parameters.get("Engine", stored.ENGINE)
        if engine == stored.ENGINE:
            self._databases.installation()  # without programs nothing is recorded
        answer = await forward()
        key = _own_key(parameters)
        if answer[0] != 200 or not self._is_ours(key):
            return answer
        cluster = await self._open(key)
        found = stored.global_of(key)
        writer = self._databases.primary_of(cluster) if found is not None else None
        if parameters.get("EnableGlobalWriteForwarding") == "true":
            _set_forwarding(key, "enabled")
        if writer is None or writer is cluster:
            self._start_work(cluster, cluster.create())
        else:
            self._start_work(cluster, _follow_when_ready(cluster, writer))
            self._secondary_made()
        return stored.cluster_answer("CreateDBCluster", key)

    async def _create_instance(self, parameters: Parameters, forward: Forward) -> Answer:
        answer = await forward()
        cluster = self._databases.find(parameters.get("DBClusterIdentifier", ""))
        if answer[0] != 200 or cluster is None:
            return answer
        stored.set_writer_instance(cluster.record, has_one=self._databases.primary_of(cluster) is cluster)
        _set_endpoints(cluster)
        if not cluster.ready.is_set():
            stored.set_status(cluster.key, "creating")
        return answer

    async def _modify_cluster(self, parameters: Parameters, forward: Forward) -> Answer:
        answer = await forward()
        cluster = self._databases.find(parameters.get("DBClusterIdentifier", ""))
        if answer[0] != 200 or cluster is None:
            return answer
        if (password := parameters.get("MasterUserPassword")) and cluster.is_writer:
            await cluster.ready.wait()
            await cluster.set_password(password)
        if (forwarding := parameters.get("EnableGlobalWriteForwarding")) is not None:
            _set_forwarding(cluster.key, "enabled" if forwarding == "true" else "disabled")
        return stored.cluster_answer("ModifyDBCluster", cluster.key)

    async def _delete_cluster(self, parameters: Parameters, forward: Forward) -> Answer:
        cluster = self._databases.find(parameters.get("DBClusterIdentifier", ""))
        final = parameters.get("FinalDBSnapshotIdentifier")
        keep = parameters.get("SkipFinalSnapshot") != "true" and final
        if cluster is not None and keep and final and cluster.ready.is_set():
            stored.add_snapshot(cluster.key, final, kind="manual", moment=self._epoch())
            await self._snapshots.take(cluster, final)
        answer = await forward()
        if cluster is not None and answer[0] == 200:
            await self._close(cluster)
        return answer

    async def _remove_from_global(self, parameters: Parameters, forward: Forward) -> Answer:
        cluster = self._databases.find(parameters.get("DbClusterIdentifier", ""))
        answer = await forward()
        if cluster is not None and answer[0] == 200 and not cluster.is_writer:
            await self._transitions.abandon(cluster.key)
            await self._work_done(cluster)
            if cluster.server is not None and cluster.server.running:
                await cluster.promote()
                stored.set_writer_instance(cluster.record, has_one=True)
        return answer

    # Snapshots

    async def _create_snapshot(self, parameters: Parameters, forward: Forward) -> Answer:
        cluster = self._databases.find(parameters.get("DBClusterIdentifier", ""))
        answer = await forward()
        if cluster is not None and answer[0] == 200 and cluster.ready.is_set():
            await self._snapshots.take(cluster, parameters["DBClusterSnapshotIdentifier"])
        return answer

    async def _delete_snapshot(self, parameters: Parameters, forward: Forward) -> Answer:
        answer = await forward()
        if answer[0] == 200:
            account, region = stored.caller()
            await self._snapshots.forget(account, region, parameters["DBClusterSnapshotIdentifier"])
        return answer

    async def _restore(self, parameters: Parameters, forward: Forward) -> Answer:
        account, region = stored.caller()
        identifier = parameters.get("SnapshotIdentifier", "")
        record = stored.snapshot(account, region, identifier)
        kept = self._snapshots.find(account, region, identifier)
        if record is None or kept is None:
            return stored.error(
                "DBClusterSnapshotNotFoundFault", f"DB cluster snapshot {identifier} not found.", 404
            )
        answer = stored.create_restored(parameters, record, user=kept.user, password=kept.password)
        if answer[0] != 200:
            return answer
        key = ClusterKey(account, region, parameters["DBClusterIdentifier"])
        (stored.cluster(key) or {})["DatabaseName"] = kept.database
        cluster = await self._open(key)
        self._start_work(cluster, self._fill(cluster, kept, parameters.get("MasterUserPassword")))
        return stored.cluster_answer("RestoreDBClusterFromSnapshot", key)

    async def _fill(self, cluster: Cluster, kept: Kept, password: str | None) -> None:
        await self._snapshots.restore(cluster, kept)
        if password:
            await cluster.set_password(password)

    # Clusters

    def _is_ours(self, key: ClusterKey) -> bool:
        return (stored.cluster(key) or {}).get("Engine") == stored.ENGINE

    async def _open(self, key: ClusterKey) -> Cluster:
        cluster = await self._databases.open(key)
        _set_endpoints(cluster)
        stored.set_status(key, "creating")
        return cluster

    def _start_work(self, cluster: Cluster, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(self._until_ready(cluster, work))
        self._work[cluster.key] = task

    async def _until_ready(self, cluster: Cluster, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception:
            # nobody waits for this task: the log tells what the status cannot
            logging.getLogger(__name__).exception("%s could not be started", cluster.key.arn)
            stored.set_status(cluster.key, "failed")
            return
        cluster.ready.set()
        stored.set_status(cluster.key, "available")

    async def _work_done(self, cluster: Cluster) -> None:
        task = self._work.pop(cluster.key, None)
        if task is not None:
            await asyncio.wait({task})

    async def _close(self, cluster: Cluster) -> None:
        await self._transitions.abandon(cluster.key)
        task = self._work.pop(cluster.key, None)
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        del self._databases.clusters[cluster.key]
        await cluster.close()


def _own_key(parameters: Parameters) -> ClusterKey:
    account, region = stored.caller()
    return ClusterKey(account, region, parameters.get("DBClusterIdentifier", ""))


def _set_endpoints(cluster: Cluster) -> None:
    """Let the record name the cluster's endpoints, and for each instance one that serves it in any role."""
    addresses = cluster.front.addresses
    stored.set_endpoints(cluster.key, writer=addresses["writer"], reader=addresses["reader"])


def _set_forwarding(key: ClusterKey, status: str) -> None:
    (stored.cluster(key) or {})["GlobalWriteForwardingStatus"] = status
    found = stored.global_of(key)
    if found is not None:
        found[1]["GlobalWriteForwardingStatus"] = status


async def _follow_when_ready(cluster: Cluster, writer: Cluster) -> None:
    await writer.ready.wait()
    await cluster.follow(writer)
