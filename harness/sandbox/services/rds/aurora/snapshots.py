"""Snapshots of clusters: their records are MiniStack's, their data is kept here.

Source: Amazon Aurora User Guide, "Overview of backing up and restoring an Aurora DB cluster" and, for the
snapshot that a failover takes of the old primary, "Performing managed failovers for Aurora global databases".
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from pathlib import Path
from typing import NamedTuple

from harness.sandbox.services.rds.aurora import stored
from harness.sandbox.services.rds.aurora.cluster import Cluster
from harness.sandbox.services.rds.aurora.databases import Databases
from harness.sandbox.services.rds.aurora.stored import ClusterKey

Name = tuple[str, str, str]


class Kept(NamedTuple):
    """A snapshot's data, and what of the cluster's record its restoration needs."""

    data: Path
    password: str
    database: str | None
    user: str


class Snapshots:
    """All methods belong to the sandbox's loop."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._kept: dict[Name, Kept] = {}

    async def take(self, cluster: Cluster, identifier: str) -> None:
        """Copy the data of a running cluster as it is now; the record exists already."""
        assert cluster.server is not None
        copy = self._databases.new_server()
        await copy.clone(cluster.server, follows=copy.folder)
        self._keep(cluster.key, identifier, copy.data)

    async def take_over(self, cluster: Cluster, *, moment: float) -> str:
        """Stop the cluster's server and keep its data as the snapshot of an unplanned failover; its name.

        moment: Unix time. What the server had committed and not replicated is in there, and nowhere else.
        """
        assert cluster.server is not None
        await cluster.server.stop()
        folder = self._databases.folder_for_data()
        os.rename(cluster.server.data, folder)
        await cluster.server.remove()
        cluster.server = None
        stamp = time.strftime("%Y-%m-%d-%H-%M-%S", time.gmtime(moment))
        identifier = f"rds:unplanned-global-failover-{cluster.key.identifier}-{stamp}"
        self._keep(cluster.key, identifier, folder)
        stored.add_snapshot(cluster.key, identifier, kind="automated", moment=moment)
        return identifier

    def find(self, account: str, region: str, identifier: str) -> Kept | None:
        """What was kept under that identifier or ARN."""
        name = identifier.partition(":cluster-snapshot:")[2] or identifier
        return self._kept.get((account, region, name))

    async def restore(self, cluster: Cluster, kept: Kept) -> None:
        """Fill the cluster's server with a copy of what was kept, and start it."""
        cluster.server = self._databases.new_server()
        await cluster.server.adopt(kept.data, move=False)
        await cluster.server.start()

    async def forget(self, account: str, region: str, identifier: str) -> None:
        """Delete what was kept."""
        kept = self._kept.pop((account, region, identifier), None)
        if kept is not None:
            await asyncio.to_thread(shutil.rmtree, kept.data, True)

    def _keep(self, key: ClusterKey, identifier: str, data: Path) -> None:
        record = stored.cluster(key) or {}
        self._kept[(key.account, key.region, identifier)] = Kept(
            data,
            str(record.get("_MasterUserPassword", "")),
            record.get("DatabaseName"),
            str(record.get("MasterUsername", "admin")),
        )
