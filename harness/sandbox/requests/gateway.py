"""The ASGI application: classify a request, let the faults judge it, hand it to who serves it.

A refusal must look to the client like a dead region, so it is made on the TCP transport, below HTTP.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
import logging
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import parse_qs

from harness.sandbox.aws_facts import facts_of
from harness.sandbox.emulators.ministack import set_account
from harness.sandbox.emulators.origin import ORIGIN, Origin
from harness.sandbox.faults import Effect, Fault, Faults
from harness.sandbox.requests.addresses import Address, Addresses
from harness.sandbox.requests.answers import Answers, Heard
from harness.sandbox.requests.classify import DEFAULT_REGION, Call, classify
from harness.sandbox.requests.http_server import HttpServer, abort, started, transport_of
from harness.sandbox.requests.messages import (
    REQUEST_HEADER,
    Application,
    Message,
    Receive,
    Request,
    Scope,
    Send,
    body_of,
    headers_of,
    is_ip,
    send_answer,
)
from harness.sandbox.requests.refusals import forbidden, not_implemented, refusal
from harness.sandbox.service import ANY_OPERATION, Epoch, Operation, Service
from harness.sandbox.world.clock import Clock

_LOG = logging.getLogger(__name__)
_FORM = "application/x-www-form-urlencoded"


@dataclass(eq=False)
class Exchange:
    """One request being served. `lost` is set when its region went dark: its answer must not get out."""

    call: Call
    entered: Call
    dialled: str | None
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
        account_id: str,
        addresses: Addresses,
        clock: Clock,
        epoch: Epoch,
        faults: Faults,
        ministack: Application,
        moto: Application,
    ) -> None:
        self._account_id = account_id
        self._clock = clock
        self._epoch = epoch
        self._faults = faults
        self._ministack = ministack
        self._moto = moto
        self._regions: Mapping[Address, str] = {at: name for name, at in addresses.regions.items()}
        self._sources: Mapping[Address, str] = {at: name for name, at in addresses.functions.items()}
        self._rooms: tuple[Service, ...] = ()
        self._operations: Mapping[tuple[str, str], Operation] = {}
        self._in_flight: set[Exchange] = set()
        self._answers = Answers()
        self._server = HttpServer(self.serve)
        self._emulator: asyncio.Task[None] | None = None

    # The server

    async def start(self, sockets: Sequence[socket.socket], rooms: Iterable[Service]) -> None:
        """Accept connections on `sockets`, once MiniStack has started, for what the rooms serve."""
        self._rooms = tuple(rooms)
        self._operations = {
            (room.name, name): operation
            for room in self._rooms
            for name, operation in room.operations.items()
        }
        self._emulator = await started(self._ministack)
        await self._server.start(sockets)

    async def stop(self) -> None:
        """Cut every request off. MiniStack's shutdown is not run: it imports half of itself to stop it."""
        await self._server.stop()
        if self._emulator is not None:
            self._emulator.cancel()

    # Requests

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        A request that is made inside the process (CloudFront's to an origin) has no TCP connection: its scope
        has an object at `antipode.connection`, which is reset instead.
        """
        headers = headers_of(scope)
        host, path = headers.get("host", ""), scope["path"]
        address: Address | None = tuple(scope["server"]) if scope.get("server") else None
        if (edge := self._edge(host, address)) is not None:
            await edge(scope, receive, send)
            return
        dialled = self._regions.get(address) if address is not None else None
        source = self._sources.get(address) if address is not None else None
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        form, receive = await _form(scope, headers, query, receive)
        # an unsigned request is the sandbox's account's too, whatever the emulator's default is
        set_account(self._account_id)
        number = _number(headers)
        last_values = {name: values[-1] for name, values in query.items()}
        ORIGIN.set(Origin(dialled, headers, last_values, partial(self.admits, number), self._epoch()))
        if dialled is None and not is_ip(host):
            dialled = self._region_of(host, path)
        call = classify(scope.get("method", "GET"), path, headers, host, dialled, {**query, **form})
        if call.service is None and (room := self._room_of(host, path)) is not None:
            call = dataclasses.replace(call, service=room.name, operation="Invoke")
        call = dataclasses.replace(call, source=source)
        entered = call if dialled in (None, call.region) else _replace_region(call, dialled)
        connection = scope.get("antipode.connection") or transport_of(send)
        exchange = Exchange(call, entered, dialled, number, connection)
        self._in_flight.add(exchange)
        try:
            if await self._failed(exchange, receive, send):
                return
            if (before := self._answers.given(headers)) is not None:
                for message in before:
                    await send(message)
                return
            heard = Heard(send)
            await self._answer(exchange, {**scope, "antipode.call": call}, receive, heard)
            if exchange.lost is None:
                self._answers.keep(headers, heard)
                tell_of_failure(call, heard)
        finally:
            self._in_flight.discard(exchange)
            if exchange.dropped:
                await _left(receive)

    async def admits(self, number: int | None, call: Call) -> bool:
        """Whether a call between two emulated services goes ahead, on behalf of request `number` (if any)."""
        effect = self._faults.judge(call)
        if effect is not None and effect.added_seconds:
            await self._clock.sleep(effect.added_seconds, request=number)
        return effect is None or effect.mode is None

    def _edge(self, host: str, dialled: Address | None) -> Application | None:
        """What serves viewers at the address that was dialled, or of the host that they name."""
        edges = (room.serves_viewers(host, dialled) for room in self._rooms)
        return next((edge for edge in edges if edge is not None), None)

    def _room_of(self, host: str, path: str) -> Service | None:
        """The room that serves a host name that users chose."""
        return next((room for room in self._rooms if room.region_of(host, path) is not None), None)

    def _region_of(self, host: str, path: str) -> str | None:
        room = self._room_of(host, path)
        return room.region_of(host, path) if room is not None else None

    async def _failed(self, exchange: Exchange, receive: Receive, send: Send) -> bool:
        """Carry out what the faults say of the request; True when that was its end."""
        effect = self._faults.judge(exchange.entered)
        if effect is None and exchange.call is not exchange.entered:
            effect = self._faults.judge(exchange.call)
        if effect is None:
            return False
        if effect.added_seconds:
            await self._clock.sleep(effect.added_seconds, request=exchange.number)
        return await self._carry_out(effect, exchange, receive, send)

    async def _carry_out(self, effect: Effect, exchange: Exchange, receive: Receive, send: Send) -> bool:
        if effect.mode is None:
            return exchange.lost is not None
        exchange.lost = effect.mode
        if effect.mode == "refuse":
            exchange.drop()
        elif effect.mode == "hang":
            await self._hang(exchange, receive)
        else:
            await send_answer(send, refusal(effect.mode, exchange.call))
        return True

    async def _hang(self, exchange: Exchange, receive: Receive) -> None:
        """Never answer; return when the client has left."""
        if exchange.number is not None:
            self._clock.park(exchange.number)
        await _left(receive)

    async def _answer(self, exchange: Exchange, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if exchange.lost is None:
                exchange.started = True
                await send(_without_length(message) if message.get("status") == 204 else message)

        application = self._application(exchange, headers_of(scope).get("host", ""), scope["path"])
        await application(scope, receive, guarded)
        if exchange.lost == "hang":
            await self._hang(exchange, receive)

    def _application(self, exchange: Exchange, host: str, path: str) -> Application:
        """Who answers: a room's data plane, an operation of a room, or an emulator."""
        for room in () if is_ip(host) else self._rooms:
            if (data_plane := room.answers(host, path, exchange.dialled)) is not None:
                return data_plane
        if exchange.entered.decided_by == "address":
            # no endpoint of AWS would serve it
            return forbidden
        service, name = exchange.call.service or "", exchange.call.operation or ""
        emulator = facts_of(service).emulator
        operation = self._operations.get((service, name)) or self._operations.get((service, ANY_OPERATION))
        if operation is not None:
            return partial(self._carry_out_operation, operation)
        return {"ministack": self._ministack, "moto": self._moto, "none": _unknown}[emulator]

    async def _carry_out_operation(
        self, operation: Operation, scope: Scope, receive: Receive, send: Send
    ) -> None:
        call: Call = scope["antipode.call"]
        request = Request(
            region=call.region or DEFAULT_REGION,
            account_id=self._account_id,
            operation=call.operation,
            method=scope["method"],
            path=(scope.get("raw_path") or scope["path"].encode()).decode("latin-1"),
            query=scope.get("query_string", b"").decode("latin-1"),
            headers=headers_of(scope),
            body=await body_of(receive),
        )
        answer = operation(request)
        await send_answer(send, await answer if inspect.isawaitable(answer) else answer)

    # Faults that reach requests in flight

    def cut(self, number: int, fault: Fault) -> None:
        """Take the answer from every request in flight that `fault` touches, and count each as a hit."""
        mode = getattr(fault, "mode", "refuse")
        for exchange in list(self._in_flight):
            if exchange.lost is None and (fault.touches(exchange.entered) or fault.touches(exchange.call)):
                exchange.lost = mode
                self._faults.count(number)
                if mode == "hang":
                    if exchange.number is not None:
                        self._clock.park(exchange.number)
                else:
                    exchange.drop()


def tell_of_failure(call: Call, heard: Heard) -> None:
    """A control plane that fails without a fault is a defect of an emulator or of ours."""
    if heard.status >= 500 and call.plane == "control" and call.decided_by == "signature":
        where = f"{call.service} {call.operation} in {call.region}"
        _LOG.warning("%s answered %s: %s", where, heard.status, heard.body[:300].decode("utf-8", "replace"))


async def _unknown(scope: Scope, receive: Receive, send: Send) -> None:
    await send_answer(send, not_implemented(scope["antipode.call"], "no emulator has this service"))


async def _left(receive: Receive) -> None:
    """Wait until the client's connection is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _replace_region(call: Call, region: str | None) -> Call:
    return dataclasses.replace(call, region=region, decided_by="address")


def _number(headers: Mapping[str, str]) -> int | None:
    text = headers.get(REQUEST_HEADER, "")
    return int(text) if text.isascii() and text.isdigit() else None


async def _form(
    scope: Scope, headers: Mapping[str, str], query: Mapping[str, Sequence[str]], receive: Receive
) -> tuple[dict[str, list[str]], Receive]:
    """The form of a query-protocol request (its Action is what tells control plane from data plane), and a
    `receive` that gives the body again."""
    if (
        scope.get("method") != "POST"
        or "Action" in query
        or not headers.get("content-type", "").startswith(_FORM)
    ):
        return {}, receive
    messages = [await receive()]
    while messages[-1]["type"] == "http.request" and messages[-1].get("more_body", False):
        messages.append(await receive())
    body = b"".join(message.get("body", b"") for message in messages)
    pending = iter(messages)

    async def again() -> Message:
        message = next(pending, None)
        return message if message is not None else await receive()

    return parse_qs(body.decode("latin-1"), keep_blank_values=True), again


def _without_length(message: Message) -> Message:
    kept = [(name, value) for name, value in message["headers"] if name.lower() != b"content-length"]
    return {**message, "headers": kept}
