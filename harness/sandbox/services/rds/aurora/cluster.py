"""One Aurora cluster as it runs: its endpoints, its server, and the link that feeds a secondary.

Rules, from the Amazon Aurora User Guide: "Connecting to an Amazon Aurora global database", "Using write
forwarding in an Aurora PostgreSQL global database", and "Using switchover or failover in Amazon Aurora Global
Database".
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Protocol

from harness.sandbox.faults import Effect, Faults
from harness.sandbox.services.rds.aurora import stored, wire
from harness.sandbox.services.rds.aurora.front import (
    FORWARDING,
    FORWARDING_TIMEOUT,
    Front,
    Refused,
    Role,
    Route,
    database_call,
)
from harness.sandbox.services.rds.aurora.link import Link
from harness.sandbox.services.rds.aurora.postgres import Server
from harness.sandbox.services.rds.aurora.session import SqlError, identifier, literal
from harness.sandbox.services.rds.aurora.stored import ClusterKey, Record
from harness.sandbox.world.clock import Clock

# How long an acknowledgement may wait for its write to set off, in wall seconds; normally a thousandth.
SETTLE_SECONDS = 0.25

_READ_ONLY = "default_transaction_read_only=on"
_UNREACHABLE = Refused("08006", "write forwarding: the primary cluster cannot be reached")


class Others(Protocol):
    """The part of `Databases` that one cluster needs."""

    clock: Clock
    faults: Faults

    def new_server(self) -> Server: ...

    def new_link(self, writer: Cluster, reader: Cluster) -> Link: ...

    def primary_of(self, cluster: Cluster) -> Cluster | None: ...

    def links_from(self, primary: Cluster) -> list[Link]: ...

    def drop_forwarded(self, server: Server) -> None: ...

    def must_fence(self, cluster: Cluster) -> bool: ...


class Cluster:
    """All methods belong to the sandbox's loop."""

    def __init__(self, key: ClusterKey, databases: Others) -> None:
        self.key = key
        self.front = Front(key.region, self)
        self.server: Server | None = None
        self.link: Link | None = None
        self.source: Cluster | None = None
        self.ready = asyncio.Event()
        self.fenced = False
        self._databases = databases

    @property
    def region(self) -> str:
        return self.key.region

    @property
    def record(self) -> Record:
        """What the control plane knows of the cluster."""
        return stored.cluster(self.key) or {}

    @property
    def available(self) -> bool:
        """Whether sessions are let in: there is a server, an instance to serve them, and no fence."""
        self.fenced = self.fenced or self._databases.must_fence(self)
        running = self.server is not None and self.server.running and self.ready.is_set()
        return running and not self.fenced and bool(stored.instances(self.key)) and not self._stopped

    @property
    def is_writer(self) -> bool:
        """Whether the server takes writes, whatever the control plane says of the cluster."""
        return self.source is None

    @property
    def _stopped(self) -> bool:
        return self.record.get("Status") in ("stopping", "stopped", "deleting")

    async def fence(self) -> None:
        """Let no session in, and end those that are there: nothing is written from now on."""
        self.fenced = True
        if self.server is not None and self.server.running:
            with contextlib.suppress(OSError, SqlError):
                await self.server.end_sessions()
            self.front.drop()
            self._databases.drop_forwarded(self.server)

    async def close(self) -> None:
        """Stop everything and remove the data."""
        await self.front.close()
        await self.detach()
        if self.server is not None:
            await self.server.remove()
            self.server = None

    async def detach(self) -> None:
        """End the replication that feeds this cluster; what is on its way is lost to it."""
        link, self.link = self.link, None
        if link is not None:
            await link.sever()

    # Filling the server

    async def create(self) -> None:
        """An empty database with the master user and the database that the record names."""
        self.server = self._databases.new_server()
        await self.server.create()
        await self.server.start()
        record = self.record
        master = identifier(str(record["MasterUsername"]))
        password = literal(str(record["_MasterUserPassword"]))
        await self.server.sql("CREATE ROLE rds_superuser NOLOGIN IN ROLE pg_monitor, pg_signal_backend")
        await self.server.sql(
            f"CREATE ROLE {master} LOGIN CREATEDB CREATEROLE IN ROLE rds_superuser PASSWORD {password}"
        )
        await self.server.sql(f"ALTER DATABASE postgres OWNER TO {master}")
        name = record.get("DatabaseName")
        if name and name != "postgres":
            await self.server.sql(f"CREATE DATABASE {identifier(str(name))} OWNER {master}")

    async def follow(self, writer: Cluster) -> None:
        """Become a copy of `writer` that follows it."""
        assert writer.server is not None
        await self.detach()
        if self.server is not None:
            await self.server.remove()
        self.source = writer
        self.link = self._databases.new_link(writer, self)
        await self.link.open()
        self.server = self._databases.new_server()
        await self.server.clone(writer.server, follows=self.link.folder)
        await self.server.start()

    async def promote(self) -> None:
        """Take writes. Its instances restart for that on AWS, so every session ends."""
        assert self.server is not None
        await self.detach()
        await self.server.promote()
        self.source = None
        self.front.drop()

    async def set_password(self, password: str) -> None:
        """Give the master user another password."""
        assert self.server is not None
        master = identifier(str(self.record["MasterUsername"]))
        await self.server.sql(f"ALTER ROLE {master} PASSWORD {literal(password)}")

    # What the front asks

    def judge(self, region: str) -> Effect | None:
        return self._databases.faults.judge(database_call(region, source=self.region))

    async def sleep(self, seconds: float) -> None:
        await self._databases.clock.sleep(seconds)

    async def route(self, role: Role, startup: wire.Startup) -> Route | Refused:
        """Where the session goes: here, or to the primary when it asks for write forwarding."""
        if not self.available or self.server is None:
            return Refused(None)
        here = Route(self.server, (self.region,), self.settled)
        if startup.code == wire.CANCEL_REQUEST:
            return here
        if self.is_writer:
            return here._replace(first=wire.with_setting(startup, _READ_ONLY)) if self._reads(role) else here
        if role == "writer" and self.front.separate:
            return Refused(None)
        wanted = startup.settings.get(FORWARDING, "off").lower() != "off"
        if wanted and self.record.get("GlobalWriteForwardingStatus") == "enabled":
            return await self._forwarded(self._databases.primary_of(self))
        return Route(self.server, (self.region,), _nothing)

    def _reads(self, role: Role) -> bool:
        """Whether the endpoint leads to a reader; a reader endpoint leads to the writer where there is none.

        Source: Amazon Aurora User Guide, "Reader endpoints for Amazon Aurora".
        """
        return role == "reader" and self.front.separate and len(stored.instances(self.key)) > 1

    async def _forwarded(self, primary: Cluster | None) -> Route | Refused:
        if primary is None:
            return _UNREACHABLE
        effect = self.judge(primary.region)
        if effect is not None:
            if effect.added_seconds:
                await self.sleep(effect.added_seconds)
            if effect.mode == "hang":
                await self.sleep(FORWARDING_TIMEOUT)
            if effect.mode is not None:
                return _UNREACHABLE
        if not primary.available or primary.server is None or not primary.is_writer:
            return _UNREACHABLE
        return Route(primary.server, (self.region, primary.region), primary.settled)

    async def settled(self) -> None:
        """Return when everything that is committed has set off for the other regions."""
        links = self._databases.links_from(self)
        if not links or self.server is None:
            return
        with contextlib.suppress(OSError, SqlError):
            written = await self.server.written()
            for link in links:
                await link.shipped_up_to(written, wall_seconds=SETTLE_SECONDS)


async def _nothing() -> None:
    return None
