"""The ASGI application: classify a request, let the faults judge it, hand it to its emulator.

A refusal must look to the client like a dead region, so it is made on the TCP transport, below HTTP.
"""

from __future__ import annotations

import asyncio
import dataclasses
import importlib
import json
import logging
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import parse_qs

from harness.sandbox.aws_facts import facts_of
from harness.sandbox.emulators.origin import ORIGIN, Origin
from harness.sandbox.faults import Fault, Faults, Verdict
from harness.sandbox.requests.answers import Answers, Heard
from harness.sandbox.requests.classify import Target, classify
from harness.sandbox.requests.http_server import HttpServer, abort, started, transport_of
from harness.sandbox.requests.messages import Application
from harness.sandbox.world.clock import Clock

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Edge(Protocol):
    """What serves viewers in no region: CloudFront."""

    default_place: str

    def knows(self, host: str) -> bool: ...

    async def serve(self, scope: Any, receive: Any, send: Any, place: str) -> None: ...


_LOG = logging.getLogger(__name__)
REQUEST_HEADER = "x-antipode-request"
FORM = "application/x-www-form-urlencoded"
_EXECUTE_API = re.compile(
    r"^(?P<api>[a-z0-9]+)\.execute-api\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?::\d+)?$"
)
_REFUSALS: Mapping[str, tuple[int, str, str]] = {
    "503": (503, "ServiceUnavailable", "Service Unavailable"),
    "500": (500, "InternalFailure", "Internal server error"),
    "403": (403, "Forbidden", "Forbidden"),
}
# Services that speak AWS's query protocol or REST with XML (botocore: protocol).
_XML_SERVICES = frozenset(
    "autoscaling cloudformation cloudfront cloudwatch ec2 elasticache elbv2 iam rds route53 s3 ses sns "
    "sts".split()
)


@dataclass(eq=False)
class Exchange:
    """One request being served. `lost` is set when its region went dark: its answer must not get out."""

    target: Target
    entered: Target
    number: int | None
    transport: asyncio.Transport | None
    started: bool = field(default=False)
    lost: str | None = field(default=None)
    dropped: bool = field(default=False)

    def drop(self) -> None:
        """Reset its connection."""
        if self.transport is not None:
            self.dropped = True
            abort(self.transport)


class Gateway:
    """Serves every request of the sandbox. All methods belong to the sandbox's loop."""

    def __init__(
        self,
        *,
        ministack: Application,
        moto: Application,
        account_id: str,
        clock: Clock,
        faults: Faults,
        epoch: Callable[[], float],
        region_of_address: Mapping[tuple[str, int], str],
        source_of_address: Mapping[tuple[str, int], str] = MappingProxyType({}),
        own: Mapping[str, Application] = MappingProxyType({}),
    ) -> None:
        """`own`: the services of the sandbox's own, by name, which neither emulator is asked for."""
        self._ministack = ministack
        self._moto = moto
        self._account_id = account_id
        self._clock = clock
        self._faults = faults
        self._epoch = epoch
        self._region_of_address = region_of_address
        self._source_of_address = source_of_address
        self._own = own
        self._in_flight: set[Exchange] = set()
        self._answers = Answers()
        self._edge: Edge | None = None
        self._place_of_address: Mapping[tuple[str, int], str] = {}
        self._set_account = importlib.import_module("ministack.core.responses").set_request_account_id
        self._server = HttpServer(self.serve)
        self._emulator: asyncio.Task[None] | None = None

    # The server

    async def start(self, sockets: Sequence[socket.socket]) -> None:
        """Accept connections on `sockets`, once MiniStack has started."""
        self._emulator = await started(self._ministack)
        await self._server.start(sockets)

    async def stop(self) -> None:
        """Cut every request off. MiniStack's shutdown is not run: it imports half of itself to stop it."""
        await self._server.stop()
        if self._emulator is not None:
            self._emulator.cancel()

    # Requests

    def attach_edge(self, edge: Edge, place_of_address: Mapping[tuple[str, int], str]) -> None:
        """Let `edge` answer what comes in at these addresses, and what names a host of its own."""
        self._edge, self._place_of_address = edge, place_of_address

    async def serve(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request. `antipode.connection` in the scope stands for the connection of a request that
        came over none, because it was made inside the process."""
        headers = _headers(scope)
        if self._edge is not None and (place := self._edge_place(scope, headers.get("host", ""))) is not None:
            await self._edge.serve(scope, receive, send, place)
            return
        server = tuple(scope.get("server") or ())
        dialled, source = self._region_of_address.get(server), self._source_of_address.get(server)
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        form, receive = await _form(scope, headers, query, receive)
        host = headers.get("host", "")
        # an unsigned request is the sandbox's account's too, whatever the emulator's default is
        self._set_account(self._account_id)
        number = _number(headers)
        last_values = {name: values[-1] for name, values in query.items()}
        ORIGIN.set(Origin(dialled, headers, last_values, partial(self.admits, number), self._epoch()))
        if dialled is None and not _is_ip(host):
            dialled = self._domain_region(host, scope["path"])
        target = classify(
            scope.get("method", "GET"), scope["path"], headers, host, dialled, {**query, **form}
        )
        if target.service is None and self._domain_region(host, scope["path"]) is not None:
            target = dataclasses.replace(target, service="apigateway", operation="Invoke")
        target = dataclasses.replace(target, source=source)
        entered = target if dialled in (None, target.region) else _replace_region(target, dialled)
        connection = scope.get("antipode.connection") or transport_of(send)
        exchange = Exchange(target, entered, number, connection)
        self._in_flight.add(exchange)
        try:
            if await self._failed(exchange, receive, send):
                return
            if (before := self._answers.given(headers)) is not None:
                for message in before:
                    await send(message)
                return
            heard = Heard(send)
            await self._answer(exchange, scope, receive, heard)
            if exchange.lost is None:
                self._answers.keep(headers, heard)
                tell_of_failure(target, heard)
        finally:
            self._in_flight.discard(exchange)
            if exchange.dropped:
                await _left(receive)

    async def admits(self, number: int | None, target: Target) -> bool:
        """Whether a call between two emulated services goes ahead, on behalf of request `number` (if any)."""
        verdict = self._faults.judge(target)
        if verdict is not None and verdict.added_seconds:
            await self._clock.sleep(verdict.added_seconds, request=number)
        return verdict is None or verdict.mode is None

    def _edge_place(self, scope: Mapping[str, Any], host: str) -> str | None:
        """The place whose edge a request is for; None when it is for none."""
        server = tuple(scope.get("server") or ())
        place = self._place_of_address.get(server)
        elsewhere = place is not None or server in self._region_of_address or _is_ip(host)
        if not elsewhere and self._edge is not None and self._edge.knows(host):
            return self._edge.default_place
        return place

    async def _failed(self, exchange: Exchange, receive: Receive, send: Send) -> bool:
        """Carry out what the faults say of the request; True when that was its end."""
        verdict = self._faults.judge(exchange.entered)
        if verdict is None and exchange.target is not exchange.entered:
            verdict = self._faults.judge(exchange.target)
        if verdict is None:
            return False
        if verdict.added_seconds:
            await self._clock.sleep(verdict.added_seconds, request=exchange.number)
        return await self._carry_out(verdict, exchange, receive, send)

    async def _carry_out(self, verdict: Verdict, exchange: Exchange, receive: Receive, send: Send) -> bool:
        if verdict.mode is None:
            return exchange.lost is not None
        exchange.lost = verdict.mode
        if verdict.mode == "refuse":
            exchange.drop()
        elif verdict.mode == "hang":
            await self._hang(exchange, receive)
        else:
            await _refuse(verdict.mode, exchange.target, send)
        return True

    async def _hang(self, exchange: Exchange, receive: Receive) -> None:
        """Never answer; return when the client has left."""
        if exchange.number is not None:
            self._clock.park(exchange.number)
        await _left(receive)

    async def _answer(self, exchange: Exchange, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        async def guarded(message: dict[str, Any]) -> None:
            if exchange.lost is None:
                exchange.started = True
                await send(_without_length(message) if message.get("status") == 204 else message)

        routed = self._routed(exchange, scope)
        if routed is None:
            await _refuse("403", exchange.target, guarded)
        elif own := self._own.get(exchange.target.service or ""):
            await own({**routed, "antipode.target": exchange.target}, receive, guarded)
        elif facts_of(exchange.target.service).emulator == "moto":
            await self._moto({**routed, "antipode.target": exchange.target}, receive, guarded)
        else:
            await self._ministack(routed, receive, guarded)
        if exchange.lost == "hang":
            await self._hang(exchange, receive)

    def _routed(self, exchange: Exchange, scope: dict[str, Any]) -> dict[str, Any] | None:
        """The request as its emulator understands it, or None when no endpoint of AWS would serve it."""
        host = _headers(scope).get("host", "")
        if match := _EXECUTE_API.match(host):
            return self._to_api(match["api"], match["region"], exchange, scope)
        if exchange.entered.decided_by == "address" and self._domain_region(host, scope["path"]) is None:
            return None
        return scope

    def _to_api(
        self, api: str, region: str, exchange: Exchange, scope: dict[str, Any]
    ) -> dict[str, Any] | None:
        """MiniStack takes `/_aws/execute-api/<id>/...` for what AWS serves at `<id>.execute-api.<region>`."""
        if exchange.entered is not exchange.target or not _is_api_of(api, region, self._account_id):
            return None
        prefix = f"/_aws/execute-api/{api}"
        raw = scope.get("raw_path") or scope["path"].encode("latin-1", "replace")
        headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
        return {
            **scope,
            "path": prefix + scope["path"],
            "raw_path": prefix.encode() + raw,
            "headers": [*headers, (b"host", b"127.0.0.1")],
        }

    def _domain_region(self, host: str, path: str) -> str | None:
        """The region whose API is mapped onto the custom domain `host`, of those that the address allows."""
        from ministack.services import apigateway_v1

        name = host.split(":")[0].lower()
        found = apigateway_v1.find_domain_scope(name)
        if found is None or apigateway_v1.resolve_base_path_mapping(name, path) is None:
            return None
        return str(found[1])

    # Faults that reach requests in flight

    def cut(self, number: int, fault: Fault) -> None:
        """Take the answer from every request in flight that `fault` touches, and count each as a hit."""
        mode = getattr(fault, "mode", "refuse")
        for exchange in list(self._in_flight):
            if exchange.lost is None and (fault.touches(exchange.entered) or fault.touches(exchange.target)):
                exchange.lost = mode
                self._faults.count(number)
                if mode == "hang":
                    if exchange.number is not None:
                        self._clock.park(exchange.number)
                else:
                    exchange.drop()


def tell_of_failure(target: Target, heard: Heard) -> None:
    """A control plane that fails without a fault is a defect of an emulator or of ours."""
    if heard.status >= 500 and target.plane == "control" and target.decided_by == "signature":
        where = f"{target.service} {target.operation} in {target.region}"
        _LOG.warning("%s answered %s: %s", where, heard.status, heard.body[:300].decode("utf-8", "replace"))


def _is_api_of(api: str, region: str, account_id: str) -> bool:
    """Whether `region` has a REST or HTTP API of that id whose own endpoint is enabled."""
    from ministack.services import apigateway, apigateway_v1

    rest = apigateway_v1._rest_apis.get_scoped(account_id, region, api)
    if rest is not None:
        return not rest.get("disableExecuteApiEndpoint", False)
    http = apigateway._apis.get_scoped(account_id, region, api)
    return http is not None and not http.get("disableExecuteApiEndpoint", False)


async def _left(receive: Receive) -> None:
    """Wait until the client's connection is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _is_ip(host: str) -> bool:
    """Whether the Host header names no host, only an address, as every call of an SDK does here."""
    return host[:1].isdigit() and host.split(":")[0].replace(".", "").isdigit()


def _replace_region(target: Target, region: str | None) -> Target:
    return dataclasses.replace(target, region=region, decided_by="address")


def _headers(scope: Mapping[str, Any]) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", ())
    }


def _number(headers: Mapping[str, str]) -> int | None:
    text = headers.get(REQUEST_HEADER, "")
    return int(text) if text.isascii() and text.isdigit() else None


async def _form(
    scope: Mapping[str, Any], headers: Mapping[str, str], query: Mapping[str, Sequence[str]], receive: Receive
) -> tuple[dict[str, list[str]], Receive]:
    """The form of a query-protocol request (its Action is what tells control plane from data plane), and a
    `receive` that gives the body again."""
    if (
        scope.get("method") != "POST"
        or "Action" in query
        or not headers.get("content-type", "").startswith(FORM)
    ):
        return {}, receive
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body", False):
        messages.append(await receive())
    body = b"".join(message.get("body", b"") for message in messages)
    pending = iter(messages)

    async def again() -> dict[str, Any]:
        message = next(pending, None)
        return message if message is not None else await receive()

    return parse_qs(body.decode("latin-1"), keep_blank_values=True), again


def _without_length(message: dict[str, Any]) -> dict[str, Any]:
    kept = [(name, value) for name, value in message["headers"] if name.lower() != b"content-length"]
    return {**message, "headers": kept}


def _refusal(mode: str, target: Target) -> tuple[int, str, bytes]:
    """Status, content type and body in the form that the service's clients can read."""
    status, code, message = _REFUSALS[mode]
    if target.decided_by != "signature":
        return status, "application/json", json.dumps({"message": message}).encode()
    if target.service not in _XML_SERVICES:
        return status, "application/x-amz-json-1.0", json.dumps({"__type": code, "message": message}).encode()
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    whole = error if target.service == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"
    return status, "text/xml", whole.encode()


async def _refuse(mode: str, target: Target, send: Send) -> None:
    status, kind, body = _refusal(mode, target)
    headers = [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
