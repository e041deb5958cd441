"""Everything together: records, DNS, checkers that probe real servers per region, and failover."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from harness.sandbox.faults import Faults
from harness.sandbox.services.route53 import Route53
from harness.sandbox.services.route53.records import Applied, HealthCheck, Zone, parse_zone
from harness.sandbox.world.clock import Clock
from tests.harness.sandbox.rooms import a_context

REGIONS = {"us-east-1": "use1", "us-west-2": "usw2"}
HEALTH = '"health":"pass:prod/{}"'


def alias(name: str, region: str) -> dict[str, Any]:
    host = f"{name}.execute-api.{region}.amazonaws.com"
    target = {"DNSName": host, "HostedZoneId": "ZAPI", "EvaluateTargetHealth": False}
    return {"Name": name, "Type": "A", "AliasTarget": target}


def entry(short: str, role: str) -> dict[str, Any]:
    return {
        "Name": "api.example.com",
        "Type": "CNAME",
        "TTL": 10,
        "SetIdentifier": short,
        "Failover": role,
        "HealthCheckId": f"check-{short}",
        "ResourceRecords": [f"front.{short}.example.com"],
    }


def reference_zone() -> Zone:
    records = [entry("use1", "PRIMARY"), entry("usw2", "SECONDARY")]
    for region, short in REGIONS.items():
        records += [alias(f"front.{short}.example.com", region), alias(f"api.{short}.example.com", region)]
    return parse_zone({"id": "Z1", "name": "example.com"}, records)


def reference_check(short: str) -> HealthCheck:
    return HealthCheck(
        id=f"check-{short}",
        type="HTTPS_STR_MATCH",
        domain=f"api.{short}.example.com",
        port=443,
        path="/health",
        search=HEALTH.format(short),
        interval=10,
        threshold=2,
    )


class Modes(Faults):
    """Regions that are dark because a test says so."""

    def __init__(self, modes: Mapping[str, str]) -> None:
        super().__init__()
        self._modes = modes

    def dark(self) -> frozenset[str]:
        return frozenset(self._modes)

    def silent(self) -> frozenset[str]:
        return frozenset(region for region, mode in self._modes.items() if mode == "hang")


class World:
    """Two regions' data planes on loopback, a Route 53 in front of them, and a mode that a test sets."""

    def __init__(self, **settings: Any) -> None:
        self.clock = Clock()
        self.addresses: dict[str, tuple[str, int]] = {}
        self.mode: dict[str, str] = {}
        self.hosts: set[tuple[str, str]] = set()
        checks = {check.id: check for check in map(reference_check, REGIONS.values())}
        self.applied = Applied((reference_zone(),), checks)
        self.route53 = Route53(
            a_context(clock=self.clock, regions=self.addresses, faults=Modes(self.mode), **settings),
            state=lambda: self.applied,
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        servers = [await self._serve(region) for region in REGIONS]
        with self.clock.jumping():
            self.route53.start_checkers()
            try:
                yield
            finally:
                await self.route53.stop()
                for server in servers:
                    server.close()

    async def _serve(self, region: str) -> asyncio.Server:
        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                await self._answer(region, await reader.readuntil(b"\r\n\r\n"), writer)
            writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        self.addresses[region] = ("127.0.0.1", server.sockets[0].getsockname()[1])
        return server

    async def _answer(self, region: str, request: bytes, writer: asyncio.StreamWriter) -> None:
        headers = dict(line.split(": ", 1) for line in request.decode().split("\r\n")[1:] if line)
        self.hosts.add((region, headers["Host"]))
        mode = self.mode.get(region)
        if mode == "refuse":
            writer.transport.abort()
        elif mode == "hang":
            self.clock.park(int(headers["x-antipode-request"]))
            await asyncio.sleep(60)
        elif mode == "503":
            writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
        else:
            body = "{" + HEALTH.format(REGIONS[region]) + "}"
            writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    def entry(self, place: str = "us-east") -> str | None:
        return self.route53.resolve("api.example.com", "A", place).host

    def play(self, script: Callable[[], Any]) -> Any:
        async def main() -> Any:
            async with self.running():
                return await self.clock.spawn(script())

        return asyncio.run(main())


def front(short: str, region: str) -> str:
    return f"front.{short}.example.com.execute-api.{region}.amazonaws.com."


EAST, WEST = front("use1", "us-east-1"), front("usw2", "us-west-2")


@pytest.mark.parametrize(
    ("mode", "low", "high", "reasons"),
    [
        # I = 10 s, n = 2: (n-1)I .. nI, and when nothing answers each probe adds the 4 s it waits.
        ("refuse", 10, 21, {"connection lost", "no valid HTTP response"}),
        ("503", 10, 21, {"HTTP 503"}),
        ("hang", 18, 29, {"no connection within 4 s"}),
    ],
)
def test_a_dark_primary_is_detected_and_the_entry_moves_to_the_standby(
    mode: str, low: float, high: float, reasons: set[str]
) -> None:
    world = World()

    async def script() -> tuple[float, str | None, str | None]:
        await world.clock.sleep(30)
        before = world.entry()
        world.mode["us-east-1"] = mode
        struck = world.clock.now()
        await world.clock.sleep(40)
        return struck, before, world.entry()

    started = time.monotonic()
    struck, before, after = world.play(script)
    assert (before, after) == (EAST, WEST)
    (flip,) = (event for event in world.route53.history("check-use1") if event.checker is None)
    assert low <= flip.at - struck <= high
    assert any(reason in flip.reason for reason in reasons), flip.reason
    assert world.route53.status("check-usw2").healthy is True
    assert time.monotonic() - started < 20


def test_a_healed_primary_takes_the_entry_back() -> None:
    world = World()

    async def script() -> list[str | None]:
        seen = []
        for mode in ({"us-east-1": "503"}, {}):
            world.mode = mode
            await world.clock.sleep(40)
            seen.append(world.entry())
        return seen

    assert world.play(script) == [WEST, EAST]


def test_probes_reach_the_region_of_the_checks_own_name_with_that_host() -> None:
    world = World()
    world.play(lambda: world.clock.sleep(12))
    assert world.hosts == {("us-east-1", "api.use1.example.com"), ("us-west-2", "api.usw2.example.com")}


def test_a_region_that_answers_for_the_other_does_not_pass() -> None:
    """The string names environment and region, so 200 from anything else is a failure."""
    world = World()

    async def script() -> None:
        world.addresses["us-east-1"] = world.addresses["us-west-2"]
        await world.clock.sleep(25)

    world.play(script)
    status = world.route53.status("check-use1")
    assert (status.healthy, status.last_failure) == (
        False,
        "HTTP 200, but the string was not found in the first 5,120 bytes",
    )


def test_places_move_at_different_moments_when_a_change_takes_time_to_reach_them() -> None:
    delays = iter([float(n) for n in range(1000)])
    world = World(delay=lambda name: next(delays) % 14 * 3)

    async def script() -> list[set[str | None]]:
        world.mode["us-east-1"] = "503"
        seen: list[set[str | None]] = []
        for _ in range(70):
            await world.clock.sleep(1)
            seen.append({world.entry(place) for place in ("us-east", "eu-west", "oceania")})
        return seen

    seen = world.play(script)
    assert seen[0] == {EAST}
    assert {EAST, WEST} in seen
    assert seen[-1] == {WEST}


def test_both_regions_down_fail_open_to_the_primary() -> None:
    world = World()

    async def script() -> str | None:
        world.mode = {"us-east-1": "503", "us-west-2": "503"}
        await world.clock.sleep(40)
        return world.entry()

    assert world.play(script) == EAST
    assert world.route53.resolve("api.example.com").steps[0].failed_open is True


def test_reseeding_gives_a_clean_slate() -> None:
    world = World()

    async def script() -> tuple[str | None, str | None]:
        world.mode["us-east-1"] = "503"
        await world.clock.sleep(40)
        before = world.entry()
        world.mode.clear()
        await world.route53.reseed(7)
        return before, world.entry()

    assert world.play(script) == (WEST, EAST)
    assert world.route53.history() == ()


def test_the_same_seed_draws_the_same_answers() -> None:
    world = World()
    weighted = [
        {"Name": "w.example.com", "Type": "A", "TTL": 5, "SetIdentifier": str(n), "Weight": 1}
        | {"ResourceRecords": [f"192.0.2.{n}"]}
        for n in range(5)
    ]
    world.applied = Applied((parse_zone({"id": "Z1", "name": "example.com"}, weighted),), {})

    def draw(seed: int) -> list[str]:
        asyncio.run(world.route53.reseed(seed))
        return [world.route53.resolve("w.example.com").values[0] for _ in range(30)]

    assert draw(3) == draw(3)
    assert draw(3) != draw(4)


def test_a_resolver_follows_a_cname_out_of_the_zone_to_the_region() -> None:
    world = World()
    world.addresses["us-west-2"] = ("127.0.1.2", 4700)
    host = "x.execute-api.us-west-2.amazonaws.com"
    record = {"Name": "out.example.com", "Type": "CNAME", "TTL": 5, "ResourceRecords": [host]}
    world.applied = Applied((parse_zone({"id": "Z1", "name": "example.com"}, [record]),), {})
    answer = world.route53.resolve("out.example.com")
    assert answer.values == ("127.0.1.2",)
    assert [line.type for line in answer.resources] == ["CNAME", "A"]


def test_services_at_the_edge_are_reached_at_the_sandboxs_own_address() -> None:
    assert World().route53.address_of("d111.cloudfront.net") == ["127.0.0.1"]


def test_a_name_of_nobody_is_servfail_for_a_resolver() -> None:
    assert World().route53.resolve("example.net").code == "SERVFAIL"


def test_an_unknown_check_and_an_unknown_place_are_named() -> None:
    route53 = World().route53
    with pytest.raises(LookupError, match="no health check nope"):
        route53.status("nope")
    with pytest.raises(ValueError, match="no place named 'moon'"):
        route53.resolve("api.example.com", "A", "moon")
