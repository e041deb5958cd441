"""Requests to origins: resolved, sent, waited for and tried again as CloudFront does.

A request does not leave the process: it goes to the sandbox's gateway as if it had come in at the address
that DNS gave, so that every fault of that region meets it. All waiting is model time.

Source of the rules: CloudFront Developer Guide, "Optimize high availability with CloudFront origin failover",
Control origin timeouts and attempts; "Request and response behavior for custom origins".
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from harness.sandbox.requests.messages import REQUEST_HEADER, Application
from harness.sandbox.services.cloudfront.distributions import Origin
from harness.sandbox.services.cloudfront.locations import Location
from harness.sandbox.services.cloudfront.messages import Headers, Reply, error_page, passed_on
from harness.sandbox.services.route53.policy import Answer
from harness.sandbox.services.route53.probes import Endpoint
from harness.sandbox.world.clock import Clock
from harness.sandbox.world.places import Place

Address = tuple[str, int]

# Far above the numbers of a drill's clients and of the health checkers' probes.
FIRST_REQUEST_NUMBER = 1 << 41
# Only these are sent again after the origin was reached and did not answer ("Response timeout").
_SENT_AGAIN = frozenset({"GET", "HEAD"})
# How long a name that has no address is not asked for again; the guide says nothing of it.
_NEGATIVE_TTL = 1.0


@dataclass(frozen=True, slots=True)
class OriginRequest:
    """What goes to an origin; path and query as they go over the wire."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Network:
    """What lies between CloudFront and the origins.

    application: the sandbox's gateway. resolve: DNS from a place. endpoint: where to dial for an address that
    DNS gave and the AWS host name behind it, and which region is there. dark, silent: regions that take no
    connections, and those of them from which nothing comes back at all. numbers: for the clock.
    """

    clock: Clock
    application: Application
    resolve: Callable[[str, str, Place], Answer]
    endpoint: Callable[[str, str | None], Endpoint]
    dark: Callable[[], frozenset[str]]
    silent: Callable[[], frozenset[str]]
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(FIRST_REQUEST_NUMBER))


@dataclass(slots=True)
class _Known:
    endpoints: tuple[Endpoint, ...]
    until: float


@dataclass(slots=True)
class Outlet:
    """One location's way to the origins: its DNS cache and its idle connections."""

    network: Network
    location: Location
    chance: random.Random
    _names: dict[str, _Known] = field(default_factory=dict)
    _idle: dict[Endpoint, list[float]] = field(default_factory=dict)

    async def ask(self, origin: Origin, request: OriginRequest) -> Reply:
        """The origin's answer, or what CloudFront says when there is none: 504 when time ran out, else 502.

        Must run in a participant of the clock. A connection that cannot be opened is tried for as many times
        as the origin allows; once it is open, only GET and HEAD are sent again.
        """
        failure = error_page(
            502, "CloudFront attempted to establish a connection with the origin, but failed."
        )
        for _ in range(origin.attempts):
            endpoint = self._endpoint(origin.domain)
            if endpoint is None:
                return _failed(502, f"no address for the origin {origin.domain}")
            reply, opened = await self._attempt(origin, request, endpoint)
            if reply.failed is None:
                return reply
            failure = reply
            if opened and request.method not in _SENT_AGAIN:
                break
        return failure

    async def _attempt(
        self, origin: Origin, request: OriginRequest, endpoint: Endpoint
    ) -> tuple[Reply, bool]:
        """One try, and whether the origin had been reached when it failed.

        The sandbox's kernel accepts connections for regions that are dark, so what a connection would meet
        is known here, not found out: a region that is silent costs the connection timeout, unless a
        connection was kept open to it; over that one the request is sent, and waits for the response timeout.
        """
        network = self.network
        clock, region = network.clock, endpoint.region
        reused = self._reuse(endpoint, origin.keepalive)
        opened = reused or region not in network.dark()
        silent = not reused and region in network.silent()
        if region is None:
            # outside the sandbox nothing may be dialled: a host that never answers
            await clock.sleep(origin.connect_timeout)
            return _failed(504, f"no connection from {origin.domain}"), False
        seconds = origin.connect_timeout if silent else origin.response_timeout
        number = next(network.numbers)
        connection = InnerConnection(_scope(request, (endpoint.ip, endpoint.port), number), request.body)
        try:
            reply = await clock.wait_for(connection.answer(network.application), seconds, request=number)
        except TimeoutError:
            what = "connection" if silent else "answer"
            return _failed(504, f"no {what} from {origin.domain} within {seconds:g} s"), opened
        except ConnectionError as error:
            return _failed(502, f"{origin.domain}: {error}"), opened
        finally:
            connection.close()
        self._idle.setdefault(endpoint, []).append(clock.now())
        return passed_on(reply), True

    def _endpoint(self, domain: str) -> Endpoint | None:
        """One address of the origin, None when it has none, remembered for as long as DNS allows.

        The first answer is found, as it were, in a cache that others have filled, with a random rest of its
        life: else all locations would forget it at one moment.
        """
        now, known = self.network.clock.now(), self._names.get(domain)
        if known is None or now >= known.until:
            answer = self.network.resolve(domain, "A", self.location.place)
            lines = [line for line in answer.resources if line.type == "A"]
            life = (
                min([line.ttl for line in answer.resources], default=_NEGATIVE_TTL)
                if lines
                else _NEGATIVE_TTL
            )
            share = self.chance.random() if known is None and lines else 1.0
            endpoints = tuple(self.network.endpoint(line.value, answer.host) for line in lines)
            known = _Known(endpoints, now + life * share)
            self._names[domain] = known
        return self.chance.choice(known.endpoints) if known.endpoints else None

    def _reuse(self, endpoint: Endpoint, keepalive: float) -> bool:
        """Whether an open connection was left, which is then taken."""
        idle, now = self._idle.get(endpoint, []), self.network.clock.now()
        idle[:] = [since for since in idle if now - since <= keepalive]
        if not idle:
            return False
        idle.pop()
        return True


class InnerConnection:
    """One request to the gateway inside the process; stands for the connection it would have come over."""

    def __init__(self, scope: dict[str, Any], body: bytes) -> None:
        self._scope = {**scope, "antipode.connection": self}
        self._body: bytes | None = body
        self._closed = asyncio.Event()
        self._reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._status = 0
        self._headers: Headers = ()
        self._content = bytearray()

    async def answer(self, application: Application) -> Reply:
        """What the gateway sends. Raises ConnectionResetError when it sends nothing.

        The gateway goes on when the caller leaves, as it does when a client's connection is closed: what a
        function had begun is not undone.
        """
        task = asyncio.get_running_loop().create_task(self._serve(application))
        _RUNNING.add(task)
        task.add_done_callback(_RUNNING.discard)
        return await self._reply

    async def _serve(self, application: Application) -> None:
        try:
            await application(self._scope, self._receive, self._send)
        finally:
            self._lose("the connection was closed without an answer")

    async def _receive(self) -> dict[str, Any]:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._closed.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._status = int(message["status"])
            self._headers = tuple(
                (name.decode("latin-1").lower(), value.decode("latin-1"))
                for name, value in message["headers"]
            )
        elif message["type"] == "http.response.body":
            self._content += message.get("body", b"")
            if not message.get("more_body", False) and not self._reply.done():
                self._reply.set_result(Reply(self._status, self._headers, bytes(self._content)))

    def close(self) -> None:
        """The caller leaves."""
        self._closed.set()
        self._reply.cancel()

    # What the gateway does to the transport of a request whose region goes dark

    def abort(self) -> None:
        self._lose("the connection was reset")
        self._closed.set()

    def get_extra_info(self, _name: str) -> None:
        return None

    def _lose(self, why: str) -> None:
        if not self._reply.done():
            self._reply.set_exception(ConnectionResetError(why))


# The loop keeps only weak references to tasks.
_RUNNING: set[asyncio.Task[None]] = set()


def _failed(status: int, why: str) -> Reply:
    page = error_page(status, "CloudFront could not get an answer from the origin.")
    return Reply(page.status, page.headers, page.body, failed=why)


def _scope(request: OriginRequest, server: Address, number: int) -> dict[str, Any]:
    """The request as the HTTP server would hand it to the gateway."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request.headers]
    headers.append((REQUEST_HEADER.encode(), str(number).encode()))
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        headers.append((b"content-length", str(len(request.body)).encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(request.path),
        "raw_path": request.path.encode("latin-1", "replace"),
        "query_string": request.query.encode("latin-1", "replace"),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 0),
        "server": server,
        "extensions": {},
    }
