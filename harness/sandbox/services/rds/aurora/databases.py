"""Every Aurora cluster of the sandbox, and what they share: programs, clock, faults, links."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.sandbox.faults import Fault, Faults, GrayFailure, ServiceDown
from harness.sandbox.requests.addresses import Address
from harness.sandbox.services.rds.aurora import programs, stored
from harness.sandbox.services.rds.aurora.cluster import Cluster
from harness.sandbox.services.rds.aurora.front import database_call
from harness.sandbox.services.rds.aurora.keeper import Keeper
from harness.sandbox.services.rds.aurora.link import Link
from harness.sandbox.services.rds.aurora.postgres import Installation, Server
from harness.sandbox.services.rds.aurora.stored import ClusterKey
from harness.sandbox.world.clock import Clock

_PORT = 5432


class Databases:
    """All methods belong to the sandbox's loop."""

    def __init__(
        self,
        clock: Clock,
        *,
        faults: Faults,
        addresses: Mapping[str, Address],
        delay: Callable[[str], float],
        scratch: Path,
    ) -> None:
        """delay: draws a modelled delay of delays.yaml, in model seconds. scratch: where data may be kept."""
        self.clock = clock
        self.faults = faults
        self.delay = delay
        self.clusters: dict[ClusterKey, Cluster] = {}
        self._addresses = addresses
        self._scratch = scratch
        self._installation: Installation | None = None
        self._numbers = itertools.count(1)
        self._ordered: dict[Cluster, str] = {}

    def installation(self) -> Installation:
        """PostgreSQL's programs, looked for when the first cluster needs them. Raises NoPrograms."""
        if self._installation is None:
            found = programs.find_programs()
            runs_as = programs.identity()
            folder = programs.storage_below(self._scratch, runs_as)
            reachable = programs.reachable_programs(found, runs_as, folder)
            self._installation = Installation(reachable, runs_as, folder, Keeper(folder))
        return self._installation

    async def close(self) -> None:
        """Stop every server and remove all data."""
        clusters = list(self.clusters.values())
        for cluster in clusters:
            await cluster.detach()
        await asyncio.gather(*(cluster.close() for cluster in clusters))
        self.clusters.clear()
        if self._installation is not None:
            await self._installation.keeper.close()
            self._installation = None

    def new_server(self) -> Server:
        return Server(self.installation(), str(next(self._numbers)))

    def new_link(self, writer: Cluster, reader: Cluster) -> Link:
        """The link that feeds `reader` from `writer`, not yet open."""
        assert writer.server is not None
        source, destination = writer.region, reader.region
        return Link(
            self.clock,
            folder=self.installation().folder / str(next(self._numbers)),
            writer=writer.server.folder,
            lag=lambda: self.delay("aurora_replication_lag"),
            held=lambda: self.blocked(source, destination),
        )

    def folder_for_data(self) -> Path:
        """Where the data of a snapshot may be put."""
        return self.installation().folder / f"{next(self._numbers)}s"

    async def open(self, key: ClusterKey) -> Cluster:
        """A cluster with endpoints that take no sessions yet."""
        cluster = Cluster(key, self)
        ip, _ = self._addresses[key.region]
        await cluster.front.open(ip, port=int(cluster.record.get("Port", _PORT)))
        self.clusters[key] = cluster
        return cluster

    def find(self, identifier: str) -> Cluster | None:
        """The cluster of that identifier in the region of the call being served, or of that ARN."""
        key = stored.key_of_arn(identifier) or ClusterKey(*stored.caller(), identifier)
        return self.clusters.get(key)

    # Who feeds whom

    def primary_of(self, cluster: Cluster) -> Cluster | None:
        """The cluster that takes the writes for `cluster`: itself when it stands alone."""
        found = stored.global_of(cluster.key)
        if found is None:
            return cluster
        writer = stored.writer_of(found[0])
        return self.clusters.get(writer) if writer is not None else None

    def secondaries_of(self, primary: Cluster) -> list[Cluster]:
        """The other clusters of the global cluster that `primary` belongs to."""
        found = stored.global_of(primary.key)
        if found is None:
            return []
        keys = [key for key, _ in stored.members(found[0]) if key != primary.key]
        return [self.clusters[key] for key in keys if key in self.clusters]

    def links_from(self, primary: Cluster) -> list[Link]:
        """The links that carry what is written to `primary`."""
        fed = (other for other in self.clusters.values() if other.source is primary)
        return [other.link for other in fed if other.link is not None]

    def links(self) -> dict[tuple[str, str], list[Link]]:
        """Every link by (source region, destination region)."""
        found: dict[tuple[str, str], list[Link]] = {}
        for cluster in list(self.clusters.values()):
            if cluster.link is not None and cluster.source is not None:
                found.setdefault((cluster.source.region, cluster.region), []).append(cluster.link)
        return found

    def drop_forwarded(self, server: Server) -> None:
        """End the sessions that other regions forwarded to `server`."""
        for cluster in self.clusters.values():
            cluster.front.drop(server)

    # What faults say

    def unavailable(self) -> frozenset[str]:
        """The regions in which Aurora does nothing: they are dark, or the service is down there."""
        active = self.faults.active().values()
        down = {fault.region for fault in active if isinstance(fault, ServiceDown) and fault.service == "rds"}
        return self.faults.dark() | down

    def blocked(self, source: str, destination: str) -> bool:
        """Whether nothing replicates from one region to the other at the moment."""
        return (source, destination) in self.faults.cut() or not self.unavailable().isdisjoint(
            (source, destination)
        )

    def reaches(self, source: str, destination: str) -> bool:
        """Whether Aurora in one region can give orders to the other: replication may be cut all the same."""
        call = database_call(destination, source=source)
        return destination not in self.unavailable() and not any(
            fault.touches(call) for fault in self.faults.active().values() if not _only_degrades(fault)
        )

    def order_fence(self, cluster: Cluster, *, by: str) -> None:
        """Stop the writes to a cluster as soon as Aurora in the region `by` reaches it."""
        self._ordered[cluster] = by

    def must_fence(self, cluster: Cluster) -> bool:
        """Whether such an order has reached the cluster."""
        by = self._ordered.get(cluster)
        return by is not None and self.reaches(by, cluster.region)

    def fenced(self, cluster: Cluster) -> None:
        """The order is carried out, or no longer needed."""
        self._ordered.pop(cluster, None)

    def wake(self) -> None:
        """Look again at every link, because what is blocked has changed."""
        for cluster in self.clusters.values():
            if cluster.link is not None:
                cluster.link.wake()


def _only_degrades(fault: Fault) -> bool:
    return isinstance(fault, GrayFailure)
