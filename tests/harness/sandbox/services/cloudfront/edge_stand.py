"""An edge on a test bench: CloudFront between clients of ours and origins of ours, on a clock that jumps."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.sandbox.services.cloudfront import CloudFront, Network
from harness.sandbox.services.cloudfront.distributions import Behavior, Distribution, Origin, OriginGroup
from harness.sandbox.services.cloudfront.policies import (
    CachePolicy,
    OriginRequestPolicy,
    ResponseHeadersPolicy,
)
from harness.sandbox.services.cloudfront.stored import Applied
from harness.sandbox.services.route53.policy import Answer, Resource
from harness.sandbox.services.route53.probes import Endpoint
from harness.sandbox.world.clock import Clock
from harness.sandbox.world.places import Place
from tests.harness.sandbox.rooms import a_context

ONE_DAY = CachePolicy(minimum=0, default=86400, maximum=31536000)
NOTHING_KEPT = CachePolicy(minimum=0, default=0, maximum=0)
EVERY_METHOD = frozenset("DELETE GET HEAD OPTIONS PATCH POST PUT".split())
ADDRESSES = {"one.example.com": "127.0.1.1", "two.example.com": "127.0.1.2"}
REGIONS = {"127.0.1.1": "us-east-1", "127.0.1.2": "us-west-2"}


@dataclass(frozen=True)
class Seen:
    """One request as an origin got it."""

    at: float
    method: str
    host: str
    target: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Got:
    """What a viewer got, and how many model seconds it waited."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def cache(self) -> str:
        return self.headers["x-cache"].removesuffix(" from cloudfront")


@dataclass
class Bench:
    """Origins by host: what each says to a request: (status, headers, body), or "refuse" or "hang"."""

    distribution: Distribution
    policy: CachePolicy = ONE_DAY
    extra: OriginRequestPolicy = field(default_factory=OriginRequestPolicy)
    added: ResponseHeadersPolicy = field(default_factory=ResponseHeadersPolicy)
    says: dict[str, Any] = field(default_factory=dict)
    dark: frozenset[str] = frozenset()
    silent: frozenset[str] = frozenset()
    ttl: int = 60
    addresses: dict[str, str] = field(default_factory=lambda: dict(ADDRESSES))
    invalidated: list[Sequence[str]] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    asked: list[tuple[float, str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self._numbers = itertools.count(1)
        network = Network(
            clock=self.clock,
            application=self._origin,
            resolve=self._resolve,
            endpoint=lambda ip, host: Endpoint(ip, 443, REGIONS.get(ip)),
            dark=lambda: self.dark,
            silent=lambda: self.silent,
        )
        self.cloudfront = CloudFront(a_context(clock=self.clock), network=network, applied=_Applied(self))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of a viewer's work, on a clock that jumps over its waits."""

        async def participate() -> Any:
            with self.clock.jumping():
                return await self.clock.spawn(work)

        return asyncio.run(asyncio.wait_for(participate(), 20))

    async def get(
        self,
        path: str = "/",
        *,
        method: str = "GET",
        host: str = "app.example.com",
        body: bytes = b"",
        place: str = "us-east",
        numbered: bool = True,
        **headers: str,
    ) -> Got:
        """One viewer's request; header names with underscores for dashes."""
        number = next(self._numbers) if numbered else None
        sent = [("host", host), *((name.replace("_", "-"), value) for name, value in headers.items())]
        sent += [("x-antipode-request", str(number))] if number is not None else []
        pure, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": pure,
            "raw_path": pure.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in sent],
            "client": ("198.51.100.7", 50000),
            "server": ("127.2.1.1", 443),
        }
        messages: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            messages.append(message)

        start = self.clock.now()
        await self.clock.wait_for(self.cloudfront.serve(scope, receive, send, place), 1000, request=number)
        answer = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        return Got(messages[0]["status"], answer, messages[1]["body"], self.clock.now() - start)

    def hosts(self) -> list[str]:
        """The hosts of the requests that origins got, in order."""
        return [request.host for request in self.seen]

    async def _origin(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        body = (await receive())["body"]
        query = scope["query_string"].decode()
        target = scope["raw_path"].decode() + (f"?{query}" if query else "")
        here = next(host for host, ip in ADDRESSES.items() if ip == scope["server"][0])
        request = Seen(self.clock.now(), scope["method"], headers["host"], target, headers, body)
        self.seen.append(request)
        said = self.says.get(here, (200, {}, here.encode()))
        said = said(request) if callable(said) else said
        if said == "refuse":
            scope["antipode.connection"].abort()
        elif said == "hang":
            self.clock.park(int(headers["x-antipode-request"]))
            while (await receive())["type"] != "http.disconnect":
                pass
        else:
            status, answer, content = said
            lines = [(name.encode(), value.encode()) for name, value in answer.items()]
            await send({"type": "http.response.start", "status": status, "headers": lines})
            await send({"type": "http.response.body", "body": content})

    def _resolve(self, name: str, kind: str, place: Place) -> Answer:
        self.asked.append((self.clock.now(), name, place.name))
        if name not in self.addresses:
            return Answer(code="NXDOMAIN")
        return Answer(resources=(Resource(f"{name}.", kind, self.ttl, self.addresses[name]),))


class _Applied(Applied):
    def __init__(self, bench: Bench) -> None:
        super().__init__("123456789012")
        self._bench = bench

    def distributions(self) -> list[Distribution]:
        return [self._bench.distribution]

    def invalidations(self, distribution: str) -> Sequence[Sequence[str]]:
        return self._bench.invalidated

    def cache_policy(self, behavior: Behavior) -> CachePolicy:
        return behavior.legacy or self._bench.policy

    def origin_request_policy(self, behavior: Behavior) -> OriginRequestPolicy:
        return self._bench.extra

    def response_headers_policy(self, behavior: Behavior) -> ResponseHeadersPolicy:
        return self._bench.added


def origin(name: str, **settings: Any) -> Origin:
    """The custom origin `<name>.example.com`: one attempt, 1 s to connect, 2 s to answer."""
    given = {"attempts": 1, "connect_timeout": 1.0, "response_timeout": 2.0, **settings}
    return Origin(name, f"{name}.example.com", **given)


def distribution(
    *behaviors: Behavior, codes: Sequence[int] = (500, 502, 503, 504), one: Any = None, **settings: Any
) -> Distribution:
    """Alias app.example.com over the group of origins one and two; one behavior for everything by default."""
    origins = (one or origin("one"), origin("two"))
    group = OriginGroup("group", ("one", "two"), frozenset(codes))
    default = Behavior(None, "group", viewer_protocol="redirect-to-https", methods=EVERY_METHOD)
    fields = {
        "id": "E1",
        "arn": "arn:aws:cloudfront::123456789012:distribution/E1",
        "domain": "d111.cloudfront.net",
        "aliases": ("app.example.com",),
        "origins": {each.id: each for each in origins},
        "groups": {"group": group},
        "behaviors": (*behaviors, default),
        **settings,
    }
    return Distribution(**fields)


def counter() -> Callable[[Seen], tuple[int, dict[str, str], bytes]]:
    """An origin that numbers its answers."""
    numbers = itertools.count(1)
    return lambda request: (200, {}, str(next(numbers)).encode())
