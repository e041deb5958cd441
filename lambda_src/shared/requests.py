"""Reading an API Gateway proxy event (payload 1.0) without trusting any of it.

Source of the event's shape: Amazon API Gateway Developer Guide, "Lambda proxy integrations in API Gateway".
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, NoReturn

MAXIMUM_BODY_BYTES = 64 * 1024
MAXIMUM_ID_CHARACTERS = 256
RESERVED_PREFIXES = ("health#", "idempotency#")


class Refusal(Exception):
    """The request is answered with a status below 500 and a reason; `field` is what is wrong with it."""

    def __init__(self, status: int, error: str, reason: str, field: str | None) -> None:
        super().__init__(reason)
        self.status = status
        self.error = error
        self.reason = reason
        self.field = field


class TryAgain(Exception):
    """The request is in order and may succeed later: it is answered 503, with `error` and a reason."""

    def __init__(self, error: str, reason: str) -> None:
        super().__init__(reason)
        self.error = error
        self.reason = reason


def mapping(event: object, name: str) -> Mapping[str, Any]:
    """A part of the event that should be an object; an empty one when it is anything else."""
    part = event.get(name) if isinstance(event, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def header(event: object, name: str) -> str | None:
    """The value of a header, whose name may be written in any case, without surrounding blanks."""
    for key, value in mapping(event, "headers").items():
        if isinstance(key, str) and isinstance(value, str) and key.lower() == name.lower():
            return value.strip()
    return None


def query_parameter(event: object, name: str) -> str | None:
    """The value of a parameter of the path, as in /orders/{id}, or else of the query, decoded already."""
    for part in ("pathParameters", "queryStringParameters"):
        value = mapping(event, part).get(name)
        if isinstance(value, str):
            return value
    return None


def json_body(event: object) -> dict[str, Any]:
    """The body as a JSON object. Raises Refusal when it is missing, too large, or not a JSON object."""
    try:
        document = json.loads(_body(event), parse_constant=_not_json)
    # a RecursionError is a body nested deeper than Python reads; a ValueError may also be a too long number
    except (ValueError, RecursionError):
        raise bad_request("the body is not valid JSON", "body") from None
    if not isinstance(document, dict):
        raise bad_request("the body must be a JSON object", "body")
    return document


def item_id(value: object) -> str:
    """A valid id of an item. Raises Refusal."""
    if not isinstance(value, str):
        raise bad_request("id must be a string", "id")
    if not 1 <= len(value) <= MAXIMUM_ID_CHARACTERS:
        raise bad_request(f"id must have 1 to {MAXIMUM_ID_CHARACTERS} characters", "id")
    if value.startswith(RESERVED_PREFIXES):
        raise bad_request(f"id must not start with {' or '.join(RESERVED_PREFIXES)}", "id")
    # JSON can spell half of a surrogate pair, which no UTF-8 and so no table can hold
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise bad_request("id must be valid Unicode", "id")
    return value


def bad_request(reason: str, field: str) -> Refusal:
    return Refusal(400, "bad_request", reason, field)


def _body(event: object) -> bytes:
    body = event.get("body") if isinstance(event, Mapping) else None
    if body is None or body == "":
        raise bad_request("a JSON body is required", "body")
    if not isinstance(body, str):
        raise bad_request("the body must be text", "body")
    raw = (
        _decoded(body) if isinstance(event, Mapping) and event.get("isBase64Encoded") is True else _utf8(body)
    )
    if len(raw) > MAXIMUM_BODY_BYTES:
        reason = f"the body must have at most {MAXIMUM_BODY_BYTES} bytes, it has {len(raw)}"
        raise Refusal(413, "payload_too_large", reason, "body")
    return raw


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise bad_request("the body is not valid base64", "body") from None


def _utf8(body: str) -> bytes:
    try:
        return body.encode()
    except UnicodeEncodeError:
        raise bad_request("the body is not valid Unicode", "body") from None


def _not_json(constant: str) -> NoReturn:
    # Python reads NaN and Infinity, JSON does not know them
    raise ValueError(f"{constant} is not JSON")
