"""The endpoints of APIs: `<id>.execute-api.<region>.amazonaws.com`, as MiniStack understands them."""

from __future__ import annotations

import re
from functools import partial

from harness.sandbox.requests.messages import Application, Receive, Scope, Send

_ENDPOINT = re.compile(r"^(?P<api>[a-z0-9]+)\.execute-api\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?::\d+)?$")


def api_of(host: str) -> tuple[str, str] | None:
    """The id and the region of the API whose own endpoint a Host header names.

    >>> api_of("a1b2c3.execute-api.us-east-1.amazonaws.com:4566"), api_of("api.example.com")
    (('a1b2c3', 'us-east-1'), None)
    """
    match = _ENDPOINT.match(host)
    return (match["api"], match["region"]) if match else None


def endpoint(ministack: Application, api: str) -> Application:
    """What serves an API's own endpoint: MiniStack, which has it below `/_aws/execute-api/<id>`."""
    return partial(_serve, ministack, f"/_aws/execute-api/{api}")


async def _serve(ministack: Application, prefix: str, scope: Scope, receive: Receive, send: Send) -> None:
    raw = scope.get("raw_path") or scope["path"].encode("latin-1", "replace")
    headers = [(name, value) for name, value in scope["headers"] if name.lower() != b"host"]
    moved = {
        **scope,
        "path": prefix + scope["path"],
        "raw_path": prefix.encode() + raw,
        "headers": [*headers, (b"host", b"127.0.0.1")],
    }
    await ministack(moved, receive, send)
