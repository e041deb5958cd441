"""What a client asks to store, and its idempotency key: the same for every store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from shared.requests import bad_request, header, item_id, json_body

FIELDS = ("id", "idempotency_key", "value")
MAXIMUM_KEY_CHARACTERS = 128


class Payload(NamedTuple):
    """What a client asks to store; `document` is the value as JSON text."""

    id: str
    value: Any
    document: str
    key: str

    @property
    def fingerprint(self) -> str:
        """Equal for equal payloads, whatever the order of their keys."""
        canonical = json.dumps({"id": self.id, "value": self.value}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()


class Stored(NamedTuple):
    """When and where the payload was first stored."""

    written_at: str
    written_in: str
    replayed: bool


def payload(event: object) -> Payload:
    """The payload of a request to write. Raises Refusal."""
    body = json_body(event)
    unknown = sorted(set(body) - set(FIELDS))
    if unknown:
        raise bad_request(f"unknown field; allowed are {', '.join(FIELDS)}", unknown[0])
    for field in ("id", "value"):
        if field not in body:
            raise bad_request(f"{field} is required", field)
    return Payload(
        id=item_id(body["id"]), value=body["value"], document=_document(body["value"]), key=_key(event, body)
    )


def described(payload: Payload, stored: Stored, region: str) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer: 201 when it is new, 200 when this key stored the same before."""
    return (
        200 if stored.replayed else 201,
        {
            "id": payload.id,
            "value": payload.value,
            "written_at": stored.written_at,
            "written_in": stored.written_in,
            "idempotency_key": payload.key,
            "replayed": stored.replayed,
            "served_by": region,
        },
    )


def _document(value: Any) -> str:
    """The value as ASCII JSON text: no store's own numbers and strings can hold all that JSON can."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    # Python reads 1e999 as infinity
    except (ValueError, RecursionError):
        raise bad_request(
            "value holds a number that is out of range, or is nested too deep", "value"
        ) from None


def _key(event: object, body: Mapping[str, Any]) -> str:
    in_header, in_body = header(event, "idempotency-key"), body.get("idempotency_key")
    if in_header is not None and in_body is not None and in_header != in_body:
        raise bad_request("the header Idempotency-Key and the body disagree", "idempotency_key")
    key = in_header if in_header is not None else in_body
    if key is None:
        raise bad_request("the header Idempotency-Key or idempotency_key is required", "idempotency_key")
    if not isinstance(key, str) or not 1 <= len(key) <= MAXIMUM_KEY_CHARACTERS:
        reason = f"the idempotency key must be a string of 1 to {MAXIMUM_KEY_CHARACTERS} characters"
        raise bad_request(reason, "idempotency_key")
    if not (key.isascii() and key.isprintable()):
        raise bad_request("the idempotency key must be printable ASCII", "idempotency_key")
    return key
