"""A proxy between the Terraform processes of the tests and the AWS provider.

A Terraform process checks the sum of the provider (650 MB), starts it once for its schema and once for each
configuration, and decodes the schema of 1,500 types. With `TF_REATTACH_PROVIDERS` (Terraform's way to attach
to a provider that runs in a debugger: protocol 5, gRPC) it connects to this proxy instead, which

- answers GetProviderSchema itself, with the types that the repository uses (schema.py);
- forwards what is asked before Configure to one provider process that is never configured;
- starts a provider process for each connection that configures one, as Terraform itself would, with the
  environment and in the directory of that Terraform, and forwards everything else to it unchanged.

A Terraform process asks for a port of its own at the control port (attached.py): it sends one line,
`{"directory": ..., "environment": {...}}`, and reads one, the value of TF_REATTACH_PROVIDERS. Its port is
there for as long as the control connection is open; then its provider processes are stopped.

`python -m tests.provider.proxy <provider>` prints the number of the control port once it listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from harness.terraform import die_with_parent, installation
from tests.provider import schema

ATTACH = "TF_REATTACH_PROVIDERS"
REPOSITORY = Path(__file__).parents[2]
USED = tuple(REPOSITORY / folder for folder in ("envs", "generator", "modules", "policies", "tests"))
"""Where the types are named that the proxy's schema has."""

_SAID = re.compile(rf"{ATTACH}='(.*)'")
_UNLIMITED = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))
_PROVIDER = "/tfplugin5.Provider/"
_GET_SCHEMA = f"{_PROVIDER}GetSchema"
_CONFIGURE = f"{_PROVIDER}Configure"
_STOP = f"{_PROVIDER}Stop"
# The services of go-plugin itself, by which Terraform watches a provider's connection.
_HEALTH_CHECK = "/grpc.health.v1.Health/Check"
_SERVING = b"\x08\x01"
_BROKER = "/plugin.GRPCBroker/StartStream"
_OUTPUT = "/plugin.GRPCStdio/StreamStdio"
_SHUTDOWN = "/plugin.GRPCController/Shutdown"


class ProviderEnded(RuntimeError):
    """The provider ended before it said how to reach it."""


@dataclass(frozen=True)
class Provider:
    """A process of the AWS provider in debug mode, and a channel to it."""

    process: asyncio.subprocess.Process
    channel: grpc.aio.Channel

    @classmethod
    async def started(cls, binary: Path, *, directory: Path, environment: Mapping[str, str]) -> Provider:
        """Raises ProviderEnded."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(die_with_parent.__file__), str(os.getpid())),
            *(str(binary), "-debug"),
            cwd=directory,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert process.stdout is not None
        async for line in process.stdout:
            if said := _SAID.search(line.decode()):
                (attached,) = json.loads(said[1]).values()
                address = f"unix:{attached['Addr']['String']}"
                return cls(process, grpc.aio.insecure_channel(address, options=_UNLIMITED))
        raise ProviderEnded(f"{binary} -debug did not say how to attach to it")

    async def answer(self, method: str, request: bytes) -> bytes:
        call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(method)
        return await call(request)

    async def stop(self) -> None:
        await self.channel.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        await self.process.wait()


@dataclass(frozen=True)
class Shared:
    """What all ports of a proxy share: the provider that is never configured, and the shortened schema."""

    binary: Path
    unconfigured: Provider
    schema: bytes


@dataclass
class Port(grpc.GenericRpcHandler):
    """What one Terraform process is attached to. Every connection that configures has its own provider."""

    shared: Shared
    directory: Path
    environment: Mapping[str, str]
    _configured: dict[str, Provider] = field(default_factory=dict)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[bytes, bytes]:
        method = handler_call_details.method
        if method == _BROKER:
            return grpc.stream_stream_rpc_method_handler(_until_the_connection_ends)
        if method == _OUTPUT:
            return grpc.unary_stream_rpc_method_handler(_until_the_connection_ends)
        return grpc.unary_unary_rpc_method_handler(self._answering(method))

    def _answering(self, method: str) -> Callable[[bytes, Any], Awaitable[bytes]]:
        async def answer(request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
            try:
                return await self._answer(method, request, context.peer())
            except grpc.aio.AioRpcError as error:
                await context.abort(error.code(), error.details() or "")
                raise  # not reached: abort() raises

        return answer

    async def _answer(self, method: str, request: bytes, connection: str) -> bytes:
        if method == _GET_SCHEMA:
            return self.shared.schema
        if method == _HEALTH_CHECK:
            return _SERVING
        if method == _SHUTDOWN:
            return b""
        if method == _CONFIGURE and connection not in self._configured:
            self._configured[connection] = await Provider.started(
                self.shared.binary, directory=self.directory, environment=self.environment
            )
        own = self._configured.get(connection)
        if method == _STOP and own is None:  # the shared one serves others
            return b""
        return await (own or self.shared.unconfigured).answer(method, request)

    async def stop(self) -> None:
        await asyncio.gather(*(provider.stop() for provider in self._configured.values()))


async def _until_the_connection_ends(*_: object) -> AsyncIterator[bytes]:
    await asyncio.Event().wait()
    yield b""


@contextlib.asynccontextmanager
async def opened(shared: Shared, *, directory: Path, environment: Mapping[str, str]) -> AsyncIterator[str]:
    """A port for one Terraform process until the end of the block: the value of TF_REATTACH_PROVIDERS."""
    port = Port(shared, directory, environment)
    server = grpc.aio.server(options=_UNLIMITED)
    server.add_generic_rpc_handlers((port,))
    number = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield json.dumps({installation.AWS_PROVIDER: _attached(number)})
    finally:
        await server.stop(grace=None)
        await port.stop()


def _attached(port: int) -> dict[str, Any]:
    """`Test`: Terraform neither starts nor stops this provider (hashicorp/go-plugin, ReattachConfig)."""
    return {
        "Protocol": "grpc",
        "ProtocolVersion": 5,
        "Pid": os.getpid(),
        "Test": True,
        # not a Unix socket: over TCP each connection has an address of its own, by which they are told apart
        "Addr": {"Network": "tcp", "String": f"127.0.0.1:{port}"},
    }


async def serve(binary: Path, types: Iterable[str]) -> None:
    """Serve until the process is ended."""
    unconfigured = await Provider.started(binary, directory=Path.cwd(), environment=os.environ)
    response = await unconfigured.answer(_GET_SCHEMA, b"")
    shared = Shared(binary, unconfigured, schema.with_types(response, types))

    async def control_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = json.loads(await reader.readline())
        async with opened(
            shared, directory=Path(request["directory"]), environment=request["environment"]
        ) as attached:
            writer.write(f"{attached}\n".encode())
            await writer.drain()
            with contextlib.suppress(ConnectionError):
                await reader.read()  # until Terraform has ended, and with it its end of the connection
        writer.close()

    async with await asyncio.start_server(control_connection, "127.0.0.1", 0, limit=1 << 20) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), schema.types_named_in(USED)))
