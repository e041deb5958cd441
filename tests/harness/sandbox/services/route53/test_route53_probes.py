"""Real probes against small servers on loopback, on the model clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from harness.sandbox.services.route53.checkers import CHECKERS, Checker
from harness.sandbox.services.route53.health import Outcome, judge
from harness.sandbox.services.route53.probes import FIRST_REQUEST_NUMBER, Endpoint, Prober
from harness.sandbox.services.route53.records import HealthCheck
from harness.sandbox.world.clock import Clock

Handler = Callable[[Clock, bytes, asyncio.StreamWriter], Awaitable[None]]
NOWHERE: frozenset[str] = frozenset()


def check(**settings: Any) -> HealthCheck:
    return HealthCheck(
        **{"id": "h", "type": "HTTP", "port": 80, "domain": "api.example.com", "path": "/health", **settings}
    )


def answering(reply: bytes) -> Handler:
    async def handle(clock: Clock, request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        await writer.drain()
        writer.close()

    return handle


async def hanging(clock: Clock, request: bytes, writer: asyncio.StreamWriter) -> None:
    """As the sandbox's fault does: the request is parked, and nothing is ever sent."""
    clock.park(number_of(request))
    await asyncio.sleep(60)


async def aborting(clock: Clock, request: bytes, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


def number_of(request: bytes) -> int:
    lines = request.decode().split("\r\n")
    return next(int(line.split(":")[1]) for line in lines if line.startswith("x-antipode-request:"))


class Run:
    """The outcome of one probe, what the server read, and the seconds that it took."""

    def __init__(
        self,
        handler: Handler,
        probed: HealthCheck,
        *,
        silent: frozenset[str] = NOWHERE,
        dark: frozenset[str] = NOWHERE,
        ip: str = "127.0.0.1",
    ) -> None:
        self.requests: list[bytes] = []
        self.outcome = Outcome()
        self.model = self.wall = 0.0
        self._handler, self._check, self._ip = handler, probed, ip
        self._silent, self._dark = silent, dark
        asyncio.run(self._main())
        self.verdict = judge(probed, self.outcome)

    async def _main(self) -> None:
        clock = Clock()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(request)
            await self._handler(clock, request, writer)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        endpoint = Endpoint(self._ip, server.sockets[0].getsockname()[1], "us-east-1")
        prober = Prober(
            clock,
            lambda check, checker: endpoint,
            silent_regions=lambda: self._silent,
            dark_regions=lambda: self._dark,
        )
        with clock.jumping():
            started, wall = clock.now(), time.monotonic()
            self.outcome = await clock.spawn(prober(self._check, CHECKERS[0]))
            self.model, self.wall = clock.now() - started, time.monotonic() - wall
        server.close()


def test_a_probe_is_one_plain_request_with_host_path_and_number() -> None:
    run = Run(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), check(type="HTTPS", port=443))
    lines = run.requests[0].decode().split("\r\n")
    assert lines[0] == "GET /health HTTP/1.1"
    assert set(lines[1:-2]) == {
        "Host: api.example.com",
        "User-Agent: Amazon-Route53-Health-Check-Service (ref h)",
        "Accept: */*",
        "Connection: close",
        f"x-antipode-request: {FIRST_REQUEST_NUMBER}",
    }
    assert (run.verdict.passed, run.verdict.reason) == (True, "HTTP 200")


def test_a_503_fails_with_its_code() -> None:
    run = Run(answering(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"), check())
    assert run.verdict.reason == "HTTP 503"


@pytest.mark.parametrize(
    "reply",
    [
        b'HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n{"health":"pass:prod/use1"}',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b'1b\r\n{"health":"pass:prod/use1"}\r\n0\r\n\r\n',
        b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"health":"pass:prod/use1"}',
    ],
)
def test_the_string_is_found_however_the_body_is_framed(reply: bytes) -> None:
    run = Run(answering(reply), check(type="HTTPS_STR_MATCH", search='"health":"pass:prod/use1"'))
    assert run.verdict.reason == "HTTP 200, string found"


def test_an_answer_of_another_function_does_not_hold_the_string() -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
    run = Run(answering(reply), check(type="HTTPS_STR_MATCH", search='"health":"pass:prod/use1"'))
    assert run.verdict.reason == "HTTP 200, but the string was not found in the first 5,120 bytes"


def test_a_large_body_is_read_no_further_than_it_is_searched() -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 5116 + b"pass" + b"x" * 3000
    run = Run(answering(reply), check(type="HTTP_STR_MATCH", search="pass"))
    assert run.verdict.reason == "HTTP 200, string found"


def test_a_request_that_hangs_fails_two_model_seconds_after_connecting_and_costs_no_wall_time() -> None:
    run = Run(hanging, check())
    assert run.verdict.reason == "no HTTP status within 2 s after connecting"
    assert 2.0 <= run.model < 2.5
    assert run.wall < 1


def test_a_silent_region_looks_like_no_connection_within_four_seconds() -> None:
    run = Run(hanging, check(), silent=frozenset({"us-east-1"}))
    assert run.verdict.reason == "no connection within 4 s"
    assert 4.0 <= run.model < 4.5
    assert run.wall < 1
    assert len(run.requests) == 1  # The fault saw the request, so it can count what it refused.


def test_a_body_that_never_ends_fails_after_two_more_seconds() -> None:
    async def stalling(clock: Clock, request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npa")
        await asyncio.sleep(60)

    run = Run(stalling, check(type="HTTP_STR_MATCH", search="pass"))
    assert run.verdict.reason == "HTTP 200, but no body within 2 s more"
    assert 2.0 <= run.model < 2.5


def test_a_connection_that_is_dropped_fails_at_once() -> None:
    run = Run(aborting, check())
    assert run.verdict.passed is False
    assert run.verdict.reason in {
        "connection lost: Connection reset by peer",
        "no valid HTTP response: the connection was closed before a status came",
    }
    assert run.model < 1


def test_malformed_header_fields_fail_a_probe() -> None:
    """Headers must have the form of RFC 7230, section 3.2."""
    run = Run(answering(b"HTTP/1.1 200 OK\r\nbad header line\r\n\r\n"), check())
    assert run.verdict.passed is False
    assert run.verdict.reason.startswith("no valid HTTP response: ")


def test_a_tcp_check_only_connects() -> None:
    run = Run(answering(b""), check(type="TCP"))
    assert (run.verdict.passed, run.verdict.reason, run.requests) == (True, "connected", [])


def test_a_tcp_check_of_a_dark_region_is_refused_and_of_a_silent_one_times_out() -> None:
    east = frozenset({"us-east-1"})
    assert Run(answering(b""), check(type="TCP"), dark=east).verdict.reason == "connection refused"
    run = Run(answering(b""), check(type="TCP"), dark=east, silent=east)
    assert (run.verdict.reason, round(run.model)) == ("no connection within 10 s", 10)


def test_an_address_outside_the_sandbox_is_never_dialled() -> None:
    run = Run(answering(b""), check(), ip="192.0.2.1")
    assert (run.verdict.reason, round(run.model)) == ("no connection within 4 s", 4)
    assert run.wall < 1


def test_a_closed_port_refuses_at_once() -> None:
    async def main() -> Outcome:
        clock = Clock()
        server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        return await clock.spawn(
            Prober(clock, lambda check, checker: Endpoint("127.0.0.1", port))(check(), CHECKERS[0])
        )

    assert asyncio.run(main()) == Outcome(error="connection refused")


def test_a_name_without_an_address_fails_as_dns_resolution() -> None:
    def locate(check: HealthCheck, checker: Checker) -> Endpoint:
        raise LookupError("no A record for api.example.com")

    async def main() -> Outcome:
        return await Prober(Clock(), locate)(check(), CHECKERS[0])

    assert asyncio.run(main()) == Outcome(error="DNS resolution failed: no A record for api.example.com")
