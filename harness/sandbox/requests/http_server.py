"""HTTP/1.1 for the sandbox's sockets: uvicorn's protocol, without its server (docs/adr/0013).

This is the only place that knows uvicorn. It is run on the sandbox's own loop and sockets; signals,
reloading and workers are nobody's here.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

Application = Callable[[Any, Any, Any], Awaitable[None]]

# Longer than the AWS SDK for Go keeps an idle connection (90 s). Were the server the first to close, a
# request that it has carried out might lose its answer, be sent again, and be told that the thing exists.
KEEP_ALIVE_SECONDS = 300
STOP_SECONDS = 0.2


class HttpServer:
    """Serves an ASGI application. All methods belong to one loop."""

    def __init__(self, application: Application) -> None:
        self._config = Config(
            application,
            http=HttpToolsProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._state = ServerState()
        self._servers: list[asyncio.Server] = []

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Accept connections on `sockets`."""
        self._config.load()
        loop = asyncio.get_running_loop()
        for each in sockets:
            self._servers.append(await loop.create_server(self._protocol, sock=each))

    async def stop(self) -> None:
        """Cut every connection off; what is being done for one gets a moment to end, then it is cancelled."""
        for server in self._servers:
            server.close()
        for connection in list(self._state.connections):
            abort(connection.transport)
        tasks = list(self._state.tasks)
        if tasks:
            _, running = await asyncio.wait(tasks, timeout=STOP_SECONDS)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _protocol(self) -> HttpToolsProtocol:
        return HttpToolsProtocol(config=self._config, server_state=self._state, app_state={})


async def started(application: Application) -> asyncio.Task[None]:
    """Runs an application's start-up; the task that stands for its life, cancelled without its shutdown.

    Raises RuntimeError: it says that it cannot start.
    """
    begun = asyncio.Event()
    said: list[dict[str, Any]] = []
    messages = iter([{"type": "lifespan.startup"}])

    async def receive() -> dict[str, Any]:
        if (message := next(messages, None)) is None:
            await asyncio.Event().wait()
            raise AssertionError("never reached")
        return message

    async def send(message: dict[str, Any]) -> None:
        said.append(message)
        begun.set()

    async def live() -> None:
        try:
            await application(scope, receive, send)
        finally:
            begun.set()

    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    life = asyncio.get_running_loop().create_task(live(), name="emulator")
    await begun.wait()
    if not said or said[0]["type"] != "lifespan.startup.complete":
        life.cancel()
        raise RuntimeError(f"the application did not start: {said[0].get('message') if said else 'it ended'}")
    return life


def transport_of(send: object) -> asyncio.Transport | None:
    """The TCP connection under the `send` that an application was given; None where it came over none."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    return transport if isinstance(transport, asyncio.Transport) else None


def abort(transport: Any) -> None:
    """Reset the connection, so that the client sees what a dead region sends: nothing."""
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    transport.abort()


# it warns of what clients send that is no HTTP, which is their affair
logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
