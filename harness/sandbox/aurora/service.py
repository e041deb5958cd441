"""Aurora PostgreSQL behind MiniStack's RDS: its control plane answers, PostgreSQL does the work.

MiniStack keeps the records of clusters, instances and global clusters, but moves no data. This module
listens to
the calls that change them, and lets servers, endpoints and links follow. aurora-mysql is left to MiniStack:
its
control plane alone, with no database behind it.

Not emulated, and said here so that nobody relies on it: several instances of one cluster share one server (a
failover inside a region changes nothing), parameter groups do not reach the server (rds.global_db_rpo and
rds.force_ssl have no effect), IAM database authentication, global writer endpoints, and the SQL that write
forwarding refuses.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from harness.sandbox.addresses import Address
from harness.sandbox.aurora import records
from harness.sandbox.aurora.cluster import Cluster
from harness.sandbox.aurora.data_api import DataApi
from harness.sandbox.aurora.estate import Estate
from harness.sandbox.aurora.metrics import Metrics, Put
from harness.sandbox.aurora.programs import NoPrograms
from harness.sandbox.aurora.records import ClusterKey
from harness.sandbox.aurora.snapshots import Kept, Snapshots
from harness.sandbox.aurora.transitions import Step, Transitions
from harness.sandbox.clock import Clock
from harness.sandbox.faults import Fault, Faults

Answer = tuple[int, dict[str, str], bytes]
Parameters = Mapping[str, str]
Forward = Callable[[], Awaitable[Answer]]
Handler = Callable[[Parameters, Forward], Awaitable[Answer]]


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
        put_metric:
        stores one value of a CloudWatch metric."""
        self.estate = Estate(clock, faults=faults, addresses=addresses, delay=delay, scratch=scratch)
        self._snapshots = Snapshots(self.estate)
        self._transitions = Transitions(self.estate, self._snapshots, epoch=epoch)
        self._data_api = DataApi(self.estate)
        self._metrics = Metrics(self.estate, put=put_metric, epoch=epoch)
        self._work: dict[ClusterKey, asyncio.Task[None]] = {}
        self._originals: dict[str, Any] = {}
        self._handlers: Mapping[str, Handler] = {
            "CreateDBCluster": self._create_cluster,
            "CreateDBClusterSnapshot": self._create_snapshot,
            "CreateDBInstance": self._create_instance,
            "DeleteDBCluster": self._delete_cluster,
            "DeleteDBClusterSnapshot": self._delete_snapshot,
            "FailoverGlobalCluster": self._fail_over,
            "ModifyDBCluster": self._modify_cluster,
            "RemoveFromGlobalCluster": self._remove_from_global,
            "RestoreDBClusterFromSnapshot": self._restore,
            "SwitchoverGlobalCluster": self._switch_over,
        }

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
        for task in self._work.values():
            task.cancel()
        if self._work:
            await asyncio.wait(self._work.values())
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
            cluster.front.release()
        self.estate.wake()
        self._transitions.faults_changed()

    def pending(self, source: str, destination: str) -> int:
        """How many pieces of write-ahead log wait on the links from one region to another."""
        return sum(link.pending for link in self.estate.links().get((source, destination), []))

    @property
    def history(self) -> list[Step]:
        """What failovers and switchovers did, in the order of model time."""
        return list(self._transitions.history)

    async def publish_metrics(self) -> None:
        """Store the replication metrics of this moment, besides the values of every minute."""
        await self._metrics.publish()

    async def settle(self) -> None:
        """Return when no cluster is being created, restored or changed."""
        while pending := [task for task in self._work.values() if not task.done()]:
            await asyncio.wait(pending)

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
            return records.error("InvalidParameterCombination", str(missing))

    async def _handle_data(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Answer:
        answer = await self._data_api.handle(path, body)
        if answer is None:
            answer = await self._originals["rds_data"](method, path, headers, body, query)
        return answer

    async def _create_cluster(self, parameters: Parameters, forward: Forward) -> Answer:
        engine = parameters.get("Engine", records.ENGINE)
        if engine == records.ENGINE:
            self.estate.installation()  # without programs nothing is recorded
        answer = await forward()
        key = _own_key(parameters)
        if answer[0] != 200 or not self._is_ours(key):
            return answer
        cluster = await self._open(key)
        found = records.global_of(key)
        writer = self.estate.primary_of(cluster) if found is not None else None
        if parameters.get("EnableGlobalWriteForwarding") == "true":
            _set_forwarding(key, "enabled")
        if writer is None or writer is cluster:
            self._start_work(cluster, cluster.create())
        else:
            self._start_work(cluster, _follow_when_ready(cluster, writer))
            self._metrics.start()
        return records.cluster_answer("CreateDBCluster", key)

    async def _create_instance(self, parameters: Parameters, forward: Forward) -> Answer:
        answer = await forward()
        cluster = self._cluster(parameters.get("DBClusterIdentifier", ""))
        if answer[0] != 200 or cluster is None:
            return answer
        records.set_writer_instance(cluster.record, has_one=self.estate.primary_of(cluster) is cluster)
        _set_endpoints(cluster)
        if not cluster.ready.is_set():
            records.set_status(cluster.key, "creating")
        return answer

    async def _modify_cluster(self, parameters: Parameters, forward: Forward) -> Answer:
        answer = await forward()
        cluster = self._cluster(parameters.get("DBClusterIdentifier", ""))
        if answer[0] != 200 or cluster is None:
            return answer
        if (password := parameters.get("MasterUserPassword")) and cluster.is_writer:
            await cluster.ready.wait()
            await cluster.set_password(password)
        if (forwarding := parameters.get("EnableGlobalWriteForwarding")) is not None:
            _set_forwarding(cluster.key, "enabled" if forwarding == "true" else "disabled")
        return records.cluster_answer("ModifyDBCluster", cluster.key)

    async def _delete_cluster(self, parameters: Parameters, forward: Forward) -> Answer:
        cluster = self._cluster(parameters.get("DBClusterIdentifier", ""))
        final = parameters.get("FinalDBSnapshotIdentifier")
        keep = parameters.get("SkipFinalSnapshot") != "true" and final
        if cluster is not None and keep and final and cluster.ready.is_set():
            records.add_snapshot(cluster.key, final, kind="manual", moment=_now())
            await self._snapshots.take(cluster, final)
        answer = await forward()
        if cluster is not None and answer[0] == 200:
            await self._close(cluster)
        return answer

    async def _remove_from_global(self, parameters: Parameters, forward: Forward) -> Answer:
        cluster = self._cluster(parameters.get("DbClusterIdentifier", ""))
        answer = await forward()
        if cluster is not None and answer[0] == 200 and not cluster.is_writer:
            await self._transitions.abandon(cluster.key)
            await self._work_done(cluster)
            if cluster.server is not None and cluster.server.running:
                await cluster.promote()
                records.set_writer_instance(cluster.record, has_one=True)
        return answer

    # Roles

    async def _fail_over(self, parameters: Parameters, forward: Forward) -> Answer:
        if parameters.get("AllowDataLoss") != "true":
            return await self._switch_over(parameters, forward)
        resolved = self._resolve(parameters)
        if resolved is None:
            return await forward()
        found, target = resolved
        _, region = records.caller()
        problem = self._problem(found, target)
        if problem is None and target.region != region:
            problem = (
                f"The target cluster {target.key.arn} is not in {region}: "
                f"send FailoverGlobalCluster to its region."
            )
        if problem is not None:
            return records.error("InvalidGlobalClusterStateFault", problem)
        self._transitions.fail_over(found, target)
        return records.global_answer("FailoverGlobalCluster", found)

    async def _switch_over(self, parameters: Parameters, forward: Forward) -> Answer:
        resolved = self._resolve(parameters)
        if resolved is None:
            return await forward()
        found, target = resolved
        _, region = records.caller()
        problem = self._problem(found, target) or self._unhealthy(found, target, region)
        if problem is not None:
            return records.error("InvalidGlobalClusterStateFault", problem)
        self._transitions.switch_over(found, target)
        action = parameters.get("Action", "SwitchoverGlobalCluster")
        return records.global_answer(action, found)

    def _resolve(self, parameters: Parameters) -> tuple[records.Record, Cluster] | None:
        """The global cluster and the target, if both are ours; else MiniStack says what is wrong."""
        account, _ = records.caller()
        found = records.global_cluster(account, parameters.get("GlobalClusterIdentifier", ""))
        key = records.key_of_arn(parameters.get("TargetDbClusterIdentifier", ""))
        target = self.estate.clusters.get(key) if key is not None else None
        if found is None or target is None or records.writer_of(found) in (None, target.key):
            return None
        return (found, target) if any(other == target.key for other, _ in records.members(found)) else None

    def _problem(self, found: records.Record, target: Cluster) -> str | None:
        """Why the global cluster can neither fail over nor switch over to the target."""
        name = found["GlobalClusterIdentifier"]
        member = next(member for key, member in records.members(found) if key == target.key)
        if found["Status"] != "available":
            return f"Global cluster {name} is in state {found['Status']} but expected it to be available."
        if not records.instances(target.key):
            return f"The target cluster {target.key.arn} is headless: add a DB instance to it first."
        if not target.ready.is_set() or member.get("SynchronizationStatus") != "connected":
            return f"The target cluster {target.key.arn} is not yet a synchronized secondary of {name}."
        return None

    def _unhealthy(self, found: records.Record, target: Cluster, region: str) -> str | None:
        """Why the global cluster cannot switch over, which needs everything healthy."""
        primary = self.estate.primary_of(target)
        if primary is None or not primary.available:
            return "The primary cluster is not available, which a switchover needs."
        if primary.region != region:
            return (
                f"The primary cluster {primary.key.arn} is not in {region}: "
                f"send SwitchoverGlobalCluster to its region."
            )
        if self.estate.blocked(primary.region, target.region):
            return f"The target cluster {target.key.arn} does not receive the changes of the primary cluster."
        return None

    # Snapshots

    async def _create_snapshot(self, parameters: Parameters, forward: Forward) -> Answer:
        cluster = self._cluster(parameters.get("DBClusterIdentifier", ""))
        answer = await forward()
        if cluster is not None and answer[0] == 200 and cluster.ready.is_set():
            await self._snapshots.take(cluster, parameters["DBClusterSnapshotIdentifier"])
        return answer

    async def _delete_snapshot(self, parameters: Parameters, forward: Forward) -> Answer:
        answer = await forward()
        if answer[0] == 200:
            account, region = records.caller()
            await self._snapshots.forget(account, region, parameters["DBClusterSnapshotIdentifier"])
        return answer

    async def _restore(self, parameters: Parameters, forward: Forward) -> Answer:
        account, region = records.caller()
        identifier = parameters.get("SnapshotIdentifier", "")
        record = records.snapshot(account, region, identifier)
        kept = self._snapshots.find(account, region, identifier)
        if record is None or kept is None:
            return records.error(
                "DBClusterSnapshotNotFoundFault", f"DB cluster snapshot {identifier} not found.", 404
            )
        answer = records.create_restored(parameters, record, user=kept.user, password=kept.password)
        if answer[0] != 200:
            return answer
        key = ClusterKey(account, region, parameters["DBClusterIdentifier"])
        (records.cluster(key) or {})["DatabaseName"] = kept.database
        cluster = await self._open(key)
        self._start_work(cluster, self._fill(cluster, kept, parameters.get("MasterUserPassword")))
        return records.cluster_answer("RestoreDBClusterFromSnapshot", key)

    async def _fill(self, cluster: Cluster, kept: Kept, password: str | None) -> None:
        await self._snapshots.restore(cluster, kept)
        if password:
            await cluster.set_password(password)

    # Clusters

    def _is_ours(self, key: ClusterKey) -> bool:
        return (records.cluster(key) or {}).get("Engine") == records.ENGINE

    def _cluster(self, identifier: str) -> Cluster | None:
        """The cluster of that identifier in the request's region, or of that ARN."""
        account, region = records.caller()
        key = records.key_of_arn(identifier) or ClusterKey(account, region, identifier)
        return self.estate.clusters.get(key)

    async def _open(self, key: ClusterKey) -> Cluster:
        cluster = await self.estate.open(key)
        _set_endpoints(cluster)
        records.set_status(key, "creating")
        return cluster

    def _start_work(self, cluster: Cluster, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(self._until_ready(cluster, work))
        self._work[cluster.key] = task

    async def _until_ready(self, cluster: Cluster, work: Awaitable[None]) -> None:
        try:
            await work
        except Exception:
            # nobody waits for this task: the log tells what the status cannot
            logging.getLogger(__name__).exception("%s could not be started", cluster.key.arn)
            records.set_status(cluster.key, "inaccessible-encryption-credentials")
            return
        cluster.ready.set()
        records.set_status(cluster.key, "available")

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
        del self.estate.clusters[cluster.key]
        await cluster.close()


def _parameters(body: bytes, query: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of a query-protocol request by name; of a repeated one the first value."""
    form = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    merged: dict[str, Any] = {**query, **form}
    return {
        name: value[0] if isinstance(value, list) else str(value) for name, value in merged.items() if value
    }


def _own_key(parameters: Parameters) -> ClusterKey:
    account, region = records.caller()
    return ClusterKey(account, region, parameters.get("DBClusterIdentifier", ""))


def _set_endpoints(cluster: Cluster) -> None:
    """Let the record name the cluster's endpoints, and each instance one that leads to it whatever its
    role, as
    the reader's does here."""
    addresses = cluster.front.addresses
    records.set_endpoints(cluster.key, writer=addresses["writer"], reader=addresses["reader"])


def _set_forwarding(key: ClusterKey, status: str) -> None:
    (records.cluster(key) or {})["GlobalWriteForwardingStatus"] = status
    found = records.global_of(key)
    if found is not None:
        found[1]["GlobalWriteForwardingStatus"] = status


async def _follow_when_ready(cluster: Cluster, writer: Cluster) -> None:
    await writer.ready.wait()
    await cluster.follow(writer)


def _now() -> float:
    import time

    return time.time()
