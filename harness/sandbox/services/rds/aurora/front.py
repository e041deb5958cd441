"""A cluster's endpoints: TCP sockets on its region's loopback addresses, in front of its server.

This is where a session meets the faults of its region, and where write forwarding sends it to another one.
The endpoints speak no TLS, because everything is on loopback: a client that asks for it is told `N`, as the
protocol has it.

Rules, from the Amazon Aurora User Guide: "Connecting to an Amazon Aurora global database" (the primary has
the one cluster endpoint that takes writes; every cluster has a reader endpoint) and "Using write forwarding
in an Aurora PostgreSQL global database" (a session of a secondary cluster that sets
apg_write_forward.consistency_mode to other than off has its writes sent to the primary). Here the whole
session goes there, reads included.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from harness.sandbox.faults import Effect, Fault
from harness.sandbox.requests.addresses import CONTROL_IP, Address
from harness.sandbox.requests.classify import Call
from harness.sandbox.services.rds.aurora import wire
from harness.sandbox.services.rds.aurora.postgres import Server
from harness.sandbox.services.rds.aurora.session import ADMINISTRATOR

Role = Literal["writer", "reader"]

FORWARDING = "apg_write_forward.consistency_mode"
# Aurora PostgreSQL's apg_write_forward.connect_timeout: how long a session waits for the primary, in seconds.
FORWARDING_TIMEOUT = 30.0
_BACKLOG = 100
_CHUNK = 1 << 16
_FIRST_MESSAGE_LIMIT = 10_000


class Refused(NamedTuple):
    """Why a session is not let in: an SQLSTATE and a text, or no code for a reset connection."""

    code: str | None
    text: str = ""


class Route(NamedTuple):
    """Where a session goes: the server, the regions that it passes through, what waits until acknowledged
    writes have set off for the other regions, and the first message where it is not the session's own."""

    server: Server
    regions: tuple[str, ...]
    settled: Callable[[], Awaitable[None]]
    first: bytes | None = None


class Gatekeeper(Protocol):
    """What a front asks: the faults, the clock, and the cluster that it stands before."""

    def judge(self, region: str) -> Effect | None: ...

    async def sleep(self, seconds: float) -> None: ...

    async def route(self, role: Role, startup: wire.Startup) -> Route | Refused: ...


@dataclass(eq=False)
class Connection:
    """One client's session. `lost`: its region went dark, so nothing passes any more."""

    writer: asyncio.StreamWriter
    regions: tuple[str, ...]
    server: Server | None = None
    lost: bool = False

    def abort(self) -> None:
        """Reset the connection."""
        sock = self.writer.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Front:
    """The writer's and the reader's endpoint of one cluster. All methods belong to the sandbox's loop."""

    def __init__(self, region: str, gatekeeper: Gatekeeper) -> None:
        self._region = region
        self._gatekeeper = gatekeeper
        self._servers: list[asyncio.Server] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: set[Connection] = set()
        self.addresses: dict[Role, Address] = {}

    async def open(self, ip: str, *, port: int) -> None:
        """Listen on two loopback addresses of the region whose first is `ip`, or on others if `port` is taken
        there: one for the writer's endpoint, one for the reader's. Where a system has no further addresses,
        one serves both; where the port is taken on all, another port is used."""
        sockets = _bind_pair(ip, port)
        for role, sock in sockets.items():
            self._servers.append(await asyncio.start_server(self._beginner(role), sock=sock))
        self.addresses = {role: sock.getsockname()[:2] for role, sock in sockets.items()}
        self.addresses.setdefault("reader", self.addresses["writer"])

    @property
    def separate(self) -> bool:
        """Whether the two endpoints can be told apart."""
        return self.addresses["reader"] != self.addresses["writer"]

    async def close(self) -> None:
        for server in self._servers:
            server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def drop(self, server: Server | None = None) -> int:
        """Reset every session, or those that `server` serves; returns how many."""
        dropped = [each for each in self._connections if server is None or each.server is server]
        for connection in dropped:
            connection.abort()
        return len(dropped)

    def strike(self, fault: Fault) -> int:
        """Take the sessions that `fault` touches: reset them, or let them hang. Returns how many."""
        struck = [each for each in self._connections if not each.lost and _touches(fault, each.regions)]
        for connection in struck:
            connection.lost = True
            if getattr(fault, "mode", "refuse") != "hang":
                connection.abort()
        return len(struck)

    def release(self, active: Iterable[Fault]) -> None:
        """Reset what hangs for no fault that is still active: the far end no longer knows such a session."""
        active = list(active)
        for connection in self._connections:
            if connection.lost and not any(_touches(fault, connection.regions) for fault in active):
                connection.abort()

    # One session

    def _beginner(self, role: Role) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.get_running_loop().create_task(self._accept(role, reader, writer), name="database")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        return begin

    async def _accept(self, role: Role, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(writer, (self._region,))
        self._connections.add(connection)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, wire.ProtocolError):
                if await self._admitted(connection, reader, self._region):
                    await self._serve(role, connection, reader)
        finally:
            self._connections.discard(connection)
            writer.close()

    async def _admitted(self, connection: Connection, reader: asyncio.StreamReader, region: str) -> bool:
        """Carry out what the faults of the region say; False when that was the session's end."""
        effect = self._gatekeeper.judge(region)
        if effect is None:
            return True
        if effect.added_seconds:
            await self._gatekeeper.sleep(effect.added_seconds)
        if effect.mode is None:
            return not connection.lost
        if effect.mode == "hang":
            connection.lost = True
            while await reader.read(_CHUNK):
                pass
        else:
            connection.abort()
        return False

    async def _serve(self, role: Role, connection: Connection, reader: asyncio.StreamReader) -> None:
        startup = await _first_message(reader, connection.writer)
        if startup.parameters.get("user") == ADMINISTRATOR:
            refused: Route | Refused = Refused("28000", f'no access for user "{ADMINISTRATOR}"')
        else:
            refused = await self._gatekeeper.route(role, startup)
        if isinstance(refused, Refused):
            if refused.code is None:
                connection.abort()
            else:
                connection.writer.write(wire.fatal(refused.code, refused.text))
                await connection.writer.drain()
            return
        await self._relay(connection, reader, startup, refused)

    async def _relay(
        self, connection: Connection, reader: asyncio.StreamReader, startup: wire.Startup, route: Route
    ) -> None:
        connection.server, connection.regions = route.server, route.regions
        above, below = await asyncio.open_unix_connection(str(route.server.socket_file))
        up = asyncio.create_task(_to_server(connection, reader, below))
        down = asyncio.create_task(_to_client(connection, above, route))
        try:
            below.write(route.first or startup.raw)
            await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
            if connection.lost:
                await up
        finally:
            up.cancel()
            down.cancel()
            await asyncio.wait({up, down})
            below.close()


async def _to_server(
    connection: Connection, reader: asyncio.StreamReader, below: asyncio.StreamWriter
) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            if not connection.lost:
                below.write(data)
                await below.drain()


async def _to_client(connection: Connection, above: asyncio.StreamReader, route: Route) -> None:
    """Pass the server's answers on. A write is not acknowledged before it has set off for the other regions:
    in model time the two are one moment, but the clock may leap between them."""
    messages, wrote = wire.Messages(), False
    with contextlib.suppress(OSError):
        while data := await above.read(_CHUNK):
            ready = False
            for kind, body in messages.feed(data):
                if kind == b"C":
                    wrote = wrote or not body.startswith(_READS)
                elif kind == b"Z":
                    ready = ready or body == b"I"
            if ready and wrote:
                await route.settled()
                wrote = False
            if not connection.lost:
                connection.writer.write(data)
                await connection.writer.drain()


# Command tags of statements that leave nothing behind, or nothing yet (PostgreSQL documentation,
# CommandComplete).
_READS = (
    b"SELECT",
    b"SHOW",
    b"SET",
    b"RESET",
    b"BEGIN",
    b"START",
    b"ROLLBACK",
    b"FETCH",
    b"DISCARD",
    b"LISTEN",
)


def _touches(fault: Fault, regions: tuple[str, ...]) -> bool:
    return any(fault.touches(database_call(region, source=regions[0])) for region in regions)


def database_call(region: str, *, source: str) -> Call:
    """A session from `source` with a database of `region`, as the faults see it: data, and inside AWS."""
    return Call(region, "rds", "Connect", "data", "signature", source=source)


async def _first_message(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> wire.Startup:
    """The message that starts the session; requests for encryption before it are answered with no."""
    while True:
        length = int.from_bytes(await reader.readexactly(4), "big")
        if not 8 <= length <= _FIRST_MESSAGE_LIMIT:
            raise wire.ProtocolError(f"a first message of {length} bytes")
        startup = wire.startup(await reader.readexactly(length - 4))
        if startup.code not in (wire.SSL_REQUEST, wire.GSS_REQUEST):
            return startup
        writer.write(b"N")


def _bind_pair(ip: str, port: int) -> dict[Role, socket.socket]:
    """Sockets for both roles on addresses where `port` is free; without further addresses for the writer.

    Every cluster has host names of its own on AWS, so every cluster has addresses of its own here, and may
    keep the port that was asked for.
    """
    for wanted in (port, 0):
        for first, second in _pairs(ip):
            try:
                writer = _bind(first, wanted)
            except OSError:
                continue
            try:
                return {"writer": writer, "reader": _bind(second, writer.getsockname()[1])}
            except OSError as error:
                if error.errno == errno.EADDRNOTAVAIL or first == second:
                    return {"writer": writer}
                writer.close()
        logging.getLogger(__name__).warning("port %d is taken on every address like %s", port, ip)
    raise OSError(f"no port is free on {ip}")


def _pairs(ip: str) -> list[tuple[str, str]]:
    """Addresses of one region for a writer's and a reader's endpoint: 127.0.1.1 and 127.2.1.1, and more."""
    if ip == CONTROL_IP:
        return [(ip, ip)]
    *_, third, fourth = ip.split(".")
    return [(f"127.{n}.{third}.{fourth}", f"127.{n + 2}.{third}.{fourth}") for n in (0, *range(16, 252, 4))]


def _bind(ip: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # accepted sockets inherit it; without it the last piece of an answer may wait 40 ms
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.bind((ip, port))
        # at once, because two may bind an address with this option, and only one may listen
        sock.listen(_BACKLOG)
    except OSError:
        sock.close()
        raise
    sock.setblocking(False)
    return sock
