"""POST /write: store one item, once per idempotency key however often the client asks."""

from __future__ import annotations

import datetime
import hashlib
import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError
from shared import environment, table
from shared.entry import answering
from shared.requests import Refusal, bad_request, header, item_id, json_body
from shared.responses import Response, respond

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

FIELDS = ("id", "idempotency_key", "value")
MAXIMUM_KEY_CHARACTERS = 128
KEY_LIFETIME_SECONDS = 24 * 60 * 60
# Two requests with one key at the same moment: one transaction is cancelled and finds the other's record
# when it tries again.
CONFLICT_PAUSES_SECONDS = (0.05, 0.1, 0.2)

# Made while Lambda initialises the worker, so that the first request does not pay for it.
table.client()


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


@answering
def handler(event: object, _context: object) -> Response:
    """201 when stored, 200 when this key stored the same before, 409 when it stored something else."""
    payload = _payload(event)
    stored = _store(payload)
    return respond(
        event,
        200 if stored.replayed else 201,
        {
            "id": payload.id,
            "value": payload.value,
            "written_at": stored.written_at,
            "written_in": stored.written_in,
            "idempotency_key": payload.key,
            "replayed": stored.replayed,
            "served_by": environment.region(),
        },
    )


def _payload(event: object) -> Payload:
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


def _document(value: Any) -> str:
    """The value as ASCII JSON text: DynamoDB's own numbers and sets cannot hold all that JSON can."""
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


def _store(payload: Payload) -> Stored:
    """Store the item and the record of its key in one transaction, or find out that this was done before."""
    for pause in (*CONFLICT_PAUSES_SECONDS, None):
        now = datetime.datetime.now(datetime.UTC)
        stored = Stored(now.isoformat(timespec="microseconds"), environment.region(), replayed=False)
        try:
            with table.outages_named():
                table.client().transact_write_items(
                    TransactItems=_actions(
                        payload, stored, expires_at=int(now.timestamp()) + KEY_LIFETIME_SECONDS
                    )
                )
            return stored
        except table.Unavailable as outage:
            if pause is None or not _is_conflict(outage.__cause__):
                raise
            time.sleep(pause)
        except ClientError as error:
            return _replay(payload, _earlier_record(error))
    raise AssertionError("unreachable: the last attempt returns or raises")


def _actions(payload: Payload, stored: Stored, *, expires_at: int) -> list[TransactWriteItemTypeDef]:
    key, name = environment.key_attribute(), environment.table()
    record = {
        key: {"S": f"idempotency#{payload.key}"},
        "fingerprint": {"S": payload.fingerprint},
        "item_id": {"S": payload.id},
        "written_at": {"S": stored.written_at},
        "written_in": {"S": stored.written_in},
        "expires_at": {"N": str(expires_at)},
    }
    item = {
        key: {"S": payload.id},
        "value": {"S": payload.document},
        "written_at": {"S": stored.written_at},
        "written_in": {"S": stored.written_in},
        "idempotency_key": {"S": payload.key},
    }
    return [
        {
            "Put": {
                "TableName": name,
                "Item": record,
                # DynamoDB may take days to remove an expired record
                "ConditionExpression": "attribute_not_exists(#key) OR expires_at < :now",
                "ExpressionAttributeNames": {"#key": key},
                "ExpressionAttributeValues": {":now": {"N": str(expires_at - KEY_LIFETIME_SECONDS)}},
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        },
        {"Put": {"TableName": name, "Item": item}},
    ]


def _earlier_record(error: ClientError) -> Mapping[str, Any]:
    """The record that the condition found. Raises the error again when it says anything else."""
    reasons = error.response.get("CancellationReasons") or []
    if not reasons or reasons[0].get("Code") != "ConditionalCheckFailed" or not reasons[0].get("Item"):
        raise error
    record: Mapping[str, Any] = reasons[0]["Item"]
    return record


def _replay(payload: Payload, record: Mapping[str, Any]) -> Stored:
    if record["fingerprint"]["S"] != payload.fingerprint:
        raise Refusal(
            409, "conflict", "this idempotency key has already stored another payload", "idempotency_key"
        )
    return Stored(record["written_at"]["S"], record["written_in"]["S"], replayed=True)


def _is_conflict(error: BaseException | None) -> bool:
    return isinstance(error, ClientError) and "TransactionConflict" in table.cancellation_codes(error)
