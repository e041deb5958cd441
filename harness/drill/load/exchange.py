"""One HTTP request of the drill, and what its answer is worth.

A 2xx proves nothing: anything may answer at an address. An answer counts only when the body is the
function's own, for the item that was asked for, from the region whose address was dialled.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from harness.drill.judge.ledger import Outcome
from harness.sandbox.requests.messages import REQUEST_HEADER
from harness.sandbox.world.clock import Clock

LARGEST_BODY = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """`address` is what DNS gave; `host` goes into the Host header; `body` is sent as JSON when given,
    `content` as it is."""

    method: str
    address: tuple[str, int]
    host: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    content: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: a status, a body and what a CDN said of its cache, or the failure that came instead."""

    number: int
    status: int | None
    body: bytes
    failure: Outcome | None = None
    detail: str = ""
    cache: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    outcome: Outcome
    served_by: str | None = None
    detail: str = ""


class Caller:
    """Sends requests, each over a new connection and under a number of its own."""

    def __init__(self, clock: Clock, *, numbers: Iterator[int] | None = None) -> None:
        self._clock = clock
        self._numbers = numbers or itertools.count(1)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Caller:
        # the clock keeps the time limits: aiohttp's would run on wall time
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(force_close=True, limit=0),
            timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, request: Request, seconds: float) -> Reply:
        """The reply within `seconds` of model time; failures of the network are replies, not exceptions."""
        number = next(self._numbers)
        try:
            status, body, cache = await self._clock.wait_for(
                self._fetch(request, number), seconds, request=number
            )
            return Reply(number, status, body, cache=cache)
        except TimeoutError:
            return Reply(number, None, b"", "timeout", f"no answer within {seconds:g} s")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Reply(number, None, b"", "refused", _reason(error))

    async def _fetch(self, request: Request, number: int) -> tuple[int, bytes, str]:
        assert self._session is not None
        ip, port = request.address
        headers = {**request.headers, "Host": request.host, REQUEST_HEADER: str(number)}
        async with self._session.request(
            request.method,
            f"http://{ip}:{port}{request.path}",
            params=dict(request.query),
            headers=headers,
            json=request.body,
            data=request.content,
            allow_redirects=False,
        ) as response:
            body = await response.content.read(LARGEST_BODY)
            return response.status, body, response.headers.get("X-Cache", "")


def judge_write(reply: Reply, *, item: str, region: str | None) -> Judgement:
    """ok only for 200 or 201 with the function's own body for this item."""
    if reply.failure is not None:
        return Judgement(reply.failure, None, reply.detail)
    if reply.status not in (200, 201):
        return Judgement("http", None, _excerpt(reply.body))
    return _own(_object(reply.body), item, region)


def judge_read(reply: Reply, *, item: str, value: object, region: str | None) -> Judgement:
    """Like judge_write; missing when the function itself says that it has no such item, stale when it has
    another value than was acknowledged."""
    if reply.failure is not None:
        return Judgement(reply.failure, None, reply.detail)
    body = _object(reply.body)
    if reply.status == 404 and body.get("error") == "not_found":
        return Judgement("missing", region, f"{item} was acknowledged but is not there")
    if reply.status != 200:
        return Judgement("http", None, _excerpt(reply.body))
    judged = _own(body, item, region)
    if judged.outcome == "ok" and body.get("value") != value:
        return Judgement("stale", judged.served_by, f"{item} has another value than was acknowledged")
    return judged


def judge_object(reply: Reply, *, value: str) -> Judgement:
    """ok only for the very content that was put there: an object says nothing of the region that gave it."""
    if reply.failure is not None:
        return Judgement(reply.failure, None, reply.detail)
    if reply.status != 200:
        return Judgement("http", None, _excerpt(reply.body))
    if reply.body.decode("utf-8", "replace") != value:
        return Judgement("wrong-body", None, f"the content is not what was put: {_excerpt(reply.body)!r}")
    return Judgement("ok")


def _own(body: Mapping[str, Any], item: str, region: str | None) -> Judgement:
    served_by = body.get("served_by")
    if not isinstance(served_by, str) or not served_by:
        return Judgement("wrong-body", None, "the body has no served_by: something else answered")
    if body.get("id") != item:
        return Judgement("wrong-body", served_by, f"the body is about {body.get('id')!r}, not {item!r}")
    if region is not None and served_by != region:
        return Judgement(
            "wrong-body", served_by, f"served by {served_by}, but the address is that of {region}"
        )
    return Judgement("ok", served_by)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _excerpt(body: bytes) -> str:
    return " ".join(body[:120].decode("utf-8", "replace").split())


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__
