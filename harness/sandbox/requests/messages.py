"""Requests and answers as they pass through the sandbox: ASGI's types, and both as plain values."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# Status, headers and body. MiniStack's handlers and moto's give the same three.
Answer = tuple[int, dict[str, str], bytes]

# The number by which the virtual clock knows a request (harness/sandbox/world/clock.py).
REQUEST_HEADER = "x-antipode-request"


@dataclass(frozen=True, kw_only=True)
class Request:
    """A call of an AWS API, read whole.

    region, account_id: whose resources it is about. operation: the API's name for the call, None where the
    request does not show it (REST). path: as it was sent, still encoded. query: as it was sent, without the
    question mark. headers: by lower-case name.
    """

    region: str
    account_id: str
    operation: str | None
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


async def body_of(receive: Receive) -> bytes:
    """The body of the request that `receive` gives, as far as its client sent it."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b"".join(chunks)
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def send_answer(send: Send, answer: Answer) -> None:
    """Send an answer; its length is counted here, whatever its headers say."""
    status, headers, body = answer
    lines = [
        (name.encode("latin-1"), value.encode("latin-1", "replace"))
        for name, value in headers.items()
        if name.lower() != "content-length"
    ]
    lines.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def headers_of(scope: Scope) -> dict[str, str]:
    """The headers of a request by lower-case name."""
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", ())
    }


def hostname(host: str) -> str:
    """A Host header's host in lower case, without its port and without a final dot.

    >>> hostname("API.example.com:8080"), hostname("[::1]")
    ('api.example.com', '[::1]')
    """
    name = host.strip().lower()
    if not name.startswith("["):
        name = name.rsplit(":", 1)[0] if name.rpartition(":")[2].isdigit() else name
    return name.rstrip(".")


def is_ip(host: str) -> bool:
    """Whether a Host header names no host, only an IPv4 address, as every call of an SDK does here."""
    return host[:1].isdigit() and host.split(":")[0].replace(".", "").isdigit()
