"""One probe, sent for real through the sandbox.

Written on streams and h11 rather than with an HTTP client library, because each phase (connection, status,
body) has a published limit of its own, and because Route 53 demands well-formed header fields (Developer
Guide, "How Amazon Route 53 determines whether a health check is healthy", RFC 7230), which h11 checks.

The sandbox has no TLS: a check of type HTTPS is probed over plain HTTP, which differs in nothing that Route
53 judges, since it does not validate certificates.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace

import h11

from harness.sandbox.requests.messages import REQUEST_HEADER
from harness.sandbox.services.route53.checkers import Checker
from harness.sandbox.services.route53.health import (
    BODY_LIMIT,
    RESPONSE_LIMIT,
    SEARCHED_BYTES,
    Outcome,
    connect_limit,
    host_header,
)
from harness.sandbox.services.route53.records import HealthCheck
from harness.sandbox.world.clock import Clock

# Far above the numbers that a drill's clients count up from one.
FIRST_REQUEST_NUMBER = 1 << 40


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to dial. `region` is the sandbox's region behind the address, if one is."""

    ip: str
    port: int
    region: str | None = None


class Prober:
    """Sends probes.

    locate: the endpoint of a check as a checker finds it. Raises LookupError when its name has no address.
    dark_regions, silent_regions: regions that take no connections; to a silent one they do not even fail, as
    if its packets vanished. The sandbox's kernel accepts connections to either, so the probe has to be told.
    """

    def __init__(
        self,
        clock: Clock,
        locate: Callable[[HealthCheck, Checker], Endpoint],
        *,
        dark_regions: Callable[[], frozenset[str]] = frozenset,
        silent_regions: Callable[[], frozenset[str]] = frozenset,
        numbers: Iterator[int] | None = None,
    ) -> None:
        self._clock = clock
        self._locate = locate
        self._dark = dark_regions
        self._silent = silent_regions
        self._numbers = numbers or itertools.count(FIRST_REQUEST_NUMBER)

    async def __call__(self, check: HealthCheck, checker: Checker) -> Outcome:
        """What one probe met; failures of the network are outcomes, not exceptions."""
        try:
            endpoint = self._locate(check, checker)
        except LookupError as missing:
            return Outcome(error=f"DNS resolution failed: {missing.args[0]}")
        silent = endpoint.region is not None and endpoint.region in self._silent()
        if not ipaddress.ip_address(endpoint.ip).is_loopback or (silent and check.type == "TCP"):
            # Outside the sandbox nothing may be dialled; to a checker that is a host that never answers.
            await self._clock.sleep(connect_limit(check))
            return Outcome()
        if check.type == "TCP" and endpoint.region is not None and endpoint.region in self._dark():
            return Outcome(error="connection refused")
        return await self._exchange(check, endpoint, silent=silent)

    async def _exchange(self, check: HealthCheck, endpoint: Endpoint, *, silent: bool) -> Outcome:
        started = self._clock.now()
        try:
            async with self._connection(endpoint, connect_limit(check)) as (reader, writer):
                opened = Outcome(connected=self._clock.now() - started)
                if check.type == "TCP":
                    return opened
                return await self._ask(check, reader, writer, Outcome() if silent else opened)
        except TimeoutError:
            return Outcome()
        except ConnectionRefusedError:
            return Outcome(error="connection refused")
        except (h11.RemoteProtocolError, EOFError) as error:
            return Outcome(error=f"no valid HTTP response: {error}")
        except OSError as error:
            return Outcome(error=f"connection lost: {error.strerror or error}")

    async def _ask(
        self,
        check: HealthCheck,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        opened: Outcome,
    ) -> Outcome:
        """Sends the request and reads the status, then the body if a string is sought in it.

        When `opened` has no connection (a silent region), the wait for the status is the wait for a
        connection.
        """
        number, http = next(self._numbers), h11.Connection(h11.CLIENT)
        writer.write(_request(http, check, number))
        limit = RESPONSE_LIMIT if opened.connected is not None else connect_limit(check)
        asked = self._clock.now()
        try:
            code = await self._clock.wait_for(_status(http, reader), limit, request=number)
        except TimeoutError:
            return opened
        answered = self._clock.now()
        if opened.connected is None:
            outcome = Outcome(connected=answered - asked, responded=0.0, code=code)
        else:
            outcome = replace(opened, responded=answered - asked, code=code)
        if not check.type.endswith("_STR_MATCH"):
            return outcome
        try:
            body = await self._clock.wait_for(_body(http, reader), BODY_LIMIT)
        except TimeoutError:
            return outcome
        return replace(outcome, received=self._clock.now() - answered, body=body)

    @contextlib.asynccontextmanager
    async def _connection(
        self, endpoint: Endpoint, limit: float
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await self._clock.wait_for(
            asyncio.open_connection(endpoint.ip, endpoint.port), limit
        )
        try:
            yield reader, writer
        finally:
            writer.transport.abort()


def _request(http: h11.Connection, check: HealthCheck, number: int) -> bytes:
    headers = [
        ("Host", host_header(check)),
        ("User-Agent", f"Amazon-Route53-Health-Check-Service (ref {check.id})"),
        ("Accept", "*/*"),
        ("Connection", "close"),
        (REQUEST_HEADER, str(number)),
    ]
    sent = http.send(h11.Request(method="GET", target=check.path, headers=headers))
    return (sent or b"") + (http.send(h11.EndOfMessage()) or b"")


async def _event(http: h11.Connection, reader: asyncio.StreamReader) -> object:
    while (event := http.next_event()) is h11.NEED_DATA:
        data = await reader.read(65536)
        if not data and http.their_state is h11.SEND_RESPONSE:
            raise EOFError("the connection was closed before a status came")
        http.receive_data(data)
    return event


async def _status(http: h11.Connection, reader: asyncio.StreamReader) -> int:
    while True:
        event = await _event(http, reader)
        if isinstance(event, h11.Response):
            return event.status_code


async def _body(http: h11.Connection, reader: asyncio.StreamReader) -> bytes:
    body = b""
    while len(body) < SEARCHED_BYTES:
        event = await _event(http, reader)
        if not isinstance(event, h11.Data):
            break
        body += bytes(event.data)
    return body
