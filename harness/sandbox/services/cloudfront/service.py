"""CloudFront's data plane: every edge location behind one object, as the gateway calls it.

MiniStack stores distributions and policies; its own data plane knows no origin groups, caches or aliases, so
this one takes its place. Not emulated: TLS (a request is taken for HTTPS unless it says `X-Forwarded-Proto:
http`), AWS WAF, CloudFront Functions and Lambda@Edge, signed URLs, compression, regional edge caches, access
logs, and the minutes that a change of a distribution takes to reach every location.
"""

from __future__ import annotations

import random
import secrets
from dataclasses import replace
from functools import partial

from harness.sandbox.requests.addresses import Address
from harness.sandbox.requests.messages import (
    REQUEST_HEADER,
    Application,
    Receive,
    Scope,
    Send,
    body_of,
    hostname,
    is_ip,
)
from harness.sandbox.service import Context, Service
from harness.sandbox.services.cloudfront import responses
from harness.sandbox.services.cloudfront.edge import Edge, Shield
from harness.sandbox.services.cloudfront.locations import Location, edge_location, shield_location
from harness.sandbox.services.cloudfront.messages import Reply, Request, error_page
from harness.sandbox.services.cloudfront.origins import Network, Outlet
from harness.sandbox.services.cloudfront.stored import Applied
from harness.sandbox.services.cloudfront.wanted import Answer, Statistics
from harness.sandbox.services.route53 import Route53
from harness.sandbox.world.places import place_named


class CloudFront(Service):
    """Serves viewers at every place.

    No fault of a region touches it: CloudFront's data plane is in none (AWS Fault Isolation Boundaries
    whitepaper, "Global services"). The requests that it sends to origins enter their regions like any other.
    """

    name = "cloudfront"
    default_place = "us-east"

    def __init__(
        self, context: Context, *, network: Network | None = None, applied: Applied | None = None
    ) -> None:
        """network: the way to the origins, by default the sandbox's. applied: by default the emulator's."""
        super().__init__(context)
        self._network = network or _network(context)
        self._applied = applied or Applied(context.account_id)
        self._places = {address: place for place, address in context.addresses.edges.items()}
        self._begin(context.seed)

    async def reseed(self, seed: int) -> None:
        """Begin anew: empty caches, no open connections, nothing known of DNS, statistics at nought."""
        self._begin(seed)

    def _begin(self, seed: int) -> None:
        self._seed = seed
        self._edges: dict[str, Edge] = {}
        self._shields: dict[str, Shield] = {}
        self._statistics = Statistics()

    def statistics(self) -> Statistics:
        """What the edges did since the last seed."""
        return replace(self._statistics)

    def serves_viewers(self, host: str, dialled: Address | None) -> Application | None:
        """The edge that was dialled, or for a distribution's name, dialled at no region, the default edge."""
        place = self._places.get(dialled) if dialled is not None else None
        if place is None:
            elsewhere = dialled in self.context.addresses.regions.values() or is_ip(host)
            if elsewhere or self._applied.find(hostname(host)) is None:
                return None
            place = self.default_place
        return partial(self.serve, place=place)

    async def serve(self, scope: Scope, receive: Receive, send: Send, place: str = default_place) -> None:
        """Answer one viewer at the place of that name, which its dialled address stands for: on loopback
        viewers have no addresses of their own."""
        request, number = await _request(scope, receive, country=place_named(place).country)
        distribution = self._applied.find(hostname(request.host))
        self._statistics.requests += 1
        if distribution is None:
            page = error_page(403, "No distribution serves this host.")
            await _respond(send, request, Answer(page, "Error from cloudfront"), "unknown")
            return
        location = edge_location(place, distribution.price_class)
        edge = self._edge(location)
        wanted = edge.wanted(request, distribution)
        answer = await edge.answer(wanted, number)
        if answer.outcome.startswith("Hit"):
            self._statistics.hits += 1
        reply = answer.reply
        if wanted.cached and wanted.policy.caches:
            reply = responses.conditional(request, reply)
        policy = self._applied.response_headers_policy(wanted.behavior)
        reply = responses.decorated(request, reply, policy)
        await _respond(send, request, replace(answer, reply=reply), location.pop)

    def _edge(self, location: Location) -> Edge:
        if location.pop not in self._edges:
            self._edges[location.pop] = Edge(
                self._outlet(location),
                applied=self._applied,
                account_id=self.context.account_id,
                shield=self._shield,
                statistics=self._statistics,
            )
        return self._edges[location.pop]

    def _shield(self, region: str) -> Shield:
        location = shield_location(region, self._network.dark())
        if location.pop not in self._shields:
            self._shields[location.pop] = Shield(self._outlet(location))
        return self._shields[location.pop]

    def _outlet(self, location: Location) -> Outlet:
        return Outlet(self._network, location, random.Random(f"{self._seed}/{location.pop}"))


def _network(context: Context) -> Network:
    route53 = context.services[Route53]
    return Network(
        clock=context.clock,
        application=context.serve,
        resolve=route53.resolve,
        endpoint=partial(route53.endpoint, port=443),
        dark=context.faults.dark,
        silent=context.faults.silent,
    )


async def _request(scope: Scope, receive: Receive, *, country: str | None) -> tuple[Request, int | None]:
    """The viewer's request, and the number that it has on the clock."""
    headers = tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]
    )
    raw = scope.get("raw_path") or scope["path"].encode("latin-1", "replace")
    request = Request(
        method=scope["method"],
        host=next((value for name, value in headers if name == "host"), ""),
        path=raw.decode("latin-1"),
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=headers,
        body=await body_of(receive),
        country=country,
        address=(scope.get("client") or ("127.0.0.1", 0))[0],
    )
    text = request.header(REQUEST_HEADER)
    number = int(text) if text.isascii() and text.isdigit() else None
    return replace(request, https=request.header("x-forwarded-proto").lower() != "http"), number


async def _respond(send: Send, request: Request, answer: Answer, pop: str) -> None:
    reply: Reply = answer.reply
    headers = [
        *reply.headers,
        ("x-cache", answer.outcome),
        ("via", f"1.1 {secrets.token_hex(16)}.cloudfront.net (CloudFront)"),
        ("x-amz-cf-pop", pop),
        ("x-amz-cf-id", secrets.token_urlsafe(40)),
    ]
    headers += [("age", str(int(answer.age)))] if answer.age is not None else []
    bodiless = request.method == "HEAD" or reply.status in (204, 304)
    headers += [] if bodiless else [("content-length", str(len(reply.body)))]
    lines = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": lines})
    body = b"" if bodiless else reply.body
    await send({"type": "http.response.body", "body": body, "more_body": False})
