"""Answers in the shape that API Gateway's proxy integration expects, with CORS as the environment allows it.

For a proxy integration the function itself must send the CORS headers: Amazon API Gateway Developer Guide,
"Enabling CORS support for Lambda proxy integrations".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypedDict

from shared import environment
from shared.requests import Refusal, header


class Response(TypedDict):
    statusCode: int
    headers: dict[str, str]
    body: str


def respond(
    event: object, status: int, body: Mapping[str, Any], *, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON answer without blanks between its tokens: health checks search the body as text."""
    return {
        "statusCode": status,
        "headers": {
            "Content-Type": "application/json",
            # an answer from a cache would survive a failover
            "Cache-Control": "no-store",
            **cors_headers(header(event, "origin"), environment.allowed_origins()),
            **(headers or {}),
        },
        "body": json.dumps(body, separators=(",", ":")),
    }


def refuse(event: object, refusal: Refusal) -> Response:
    """The answer to a request that is not accepted."""
    body = {"error": refusal.error, "reason": refusal.reason, "field": refusal.field}
    return respond(event, refusal.status, body)


def cors_headers(origin: str | None, allowed: tuple[str, ...]) -> dict[str, str]:
    """A browser takes one origin or `*`: of several allowed ones the caller's is echoed, and caches told."""
    if not allowed:
        return {}
    if "*" in allowed:
        return {"Access-Control-Allow-Origin": "*"}
    if len(allowed) == 1:
        return {"Access-Control-Allow-Origin": allowed[0]}
    if origin in allowed:
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
    return {"Vary": "Origin"}
