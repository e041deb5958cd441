"""POST /write: store one item, once per idempotency key however often the client asks."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from shared import environment, table
from shared.entry import answering
from shared.payload import Payload, Stored, described, payload
from shared.requests import Refusal
from shared.responses import Response, respond

if TYPE_CHECKING:
    from types_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

KEY_LIFETIME_SECONDS = 24 * 60 * 60
# Two requests with one key at the same moment: one transaction is cancelled and finds the other's record
# when it tries again.
CONFLICT_PAUSES_SECONDS = (0.05, 0.1, 0.2)

# Made while Lambda initialises the worker, so that the first request does not pay for it.
table.client()


@answering
def handler(event: object, _context: object) -> Response:
    """201 when stored, 200 when this key stored the same before, 409 when it stored something else."""
    asked = payload(event)
    status, body = described(asked, _store(asked), environment.region())
    return respond(event, status, body)


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
