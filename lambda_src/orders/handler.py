"""GET and POST /orders: rows of PostgreSQL, read in this region, written where the writer is.

POST stores one order and the record of its idempotency key in one transaction, under the epoch of the present
admission; the database itself refuses an epoch that is older than its fence (migrations/sql/0001_fence.sql).
"""

from __future__ import annotations

import datetime
import json
import uuid
from typing import Any

import pg8000.native
from pg8000.exceptions import DatabaseError
from shared import environment, fence, postgres
from shared.clock import Clock
from shared.entry import answering
from shared.payload import Payload, Stored, described, payload
from shared.requests import Refusal, TryAgain, bad_request, item_id, mapping, query_parameter
from shared.responses import Response, respond

DATABASE = "orders"

# Of two requests with one key the second waits here for the first, then gets the row that the first has made:
# whoever finds his own attempt in it has made it.
CLAIM = """
    INSERT INTO orders.idempotency (key, fingerprint, order_id, written_at, written_in, attempt, epoch)
    VALUES (:key, :fingerprint, :id, :written_at, :written_in, :attempt, :epoch)
    ON CONFLICT (key) DO UPDATE SET key = EXCLUDED.key
    RETURNING fingerprint, written_at, written_in, attempt
"""
STORE = """
    INSERT INTO orders.orders (id, value, written_at, written_in, idempotency_key, epoch)
    VALUES (:id, :value, :written_at, :written_in, :key, :epoch)
    ON CONFLICT (id) DO UPDATE SET value = EXCLUDED.value, written_at = EXCLUDED.written_at,
        written_in = EXCLUDED.written_in, idempotency_key = EXCLUDED.idempotency_key, epoch = EXCLUDED.epoch
"""
READ = "SELECT value, written_at, written_in, idempotency_key FROM orders.orders WHERE id = :id"


@answering
def handler(event: object, _context: object) -> Response:
    """GET: 200 or 404. POST: 201 when stored, 200 when replayed, 409 when the key stored something else."""
    method = event.get("httpMethod") if isinstance(event, dict) else None
    if method == "POST":
        return _post(event)
    if method in (None, "GET", "HEAD"):
        return _get(event)
    raise Refusal(405, "method_not_allowed", "only GET and POST are allowed", None)


def _get(event: object) -> Response:
    identifier = _order_id(query_parameter(event, "id") or mapping(event, "pathParameters").get("id") or "")
    found = postgres.reading(
        postgres.database(DATABASE), lambda connection: connection.run(READ, id=identifier)
    )
    if not found:
        raise Refusal(404, "not_found", "this region holds no order with this id", "id")
    value, written_at, written_in, key = found[0]
    return respond(
        event,
        200,
        {
            "id": identifier,
            "value": json.loads(value),
            "written_at": written_at,
            "written_in": written_in,
            "idempotency_key": key,
            "served_by": environment.region(),
        },
    )


def _post(event: object) -> Response:
    clock = Clock(event)
    asked = payload(event)
    _order_id(asked.id)
    under = _admission(clock)
    try:
        stored = postgres.writing(
            postgres.database(DATABASE),
            under.writer,
            lambda connection: _store(connection, asked, under.epoch),
        )
    except DatabaseError as error:
        if postgres.code(error) == postgres.STALE_EPOCH:
            reason = f"epoch {under.epoch} is over: the database takes writes of a later one only"
            raise TryAgain(fence.FENCED, reason) from error
        raise
    if fence.is_guarded():
        fence.confirm(clock, under)
    status, body = described(asked, stored, environment.region())
    return respond(event, status, body)


def _admission(clock: Clock) -> fence.Admission:
    """Under which epoch this write is made; without a controller the database's own cluster is the writer."""
    if fence.is_guarded():
        return fence.admitted(clock)
    return fence.Admission(0, environment.region(), float("inf"), True, float("inf"), "")


def _store(connection: pg8000.native.Connection, asked: Payload, epoch: int) -> Stored:
    """One transaction; a failure inside it closes the connection, which rolls it back."""
    attempt, region = str(uuid.uuid4()), environment.region()
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
    made: dict[str, Any] = {"id": asked.id, "key": asked.key, "epoch": epoch}
    connection.run("START TRANSACTION ISOLATION LEVEL READ COMMITTED")
    ((fingerprint, written_at, written_in, owner),) = connection.run(
        CLAIM, **made, fingerprint=asked.fingerprint, written_at=now, written_in=region, attempt=attempt
    )
    if str(owner) != attempt:
        connection.run("ROLLBACK")
        if fingerprint != asked.fingerprint:
            reason = "this idempotency key has already stored another payload"
            raise Refusal(409, "conflict", reason, "idempotency_key")
        return Stored(written_at, written_in, replayed=True)
    connection.run(STORE, **made, value=asked.document, written_at=now, written_in=region)
    connection.run("COMMIT")
    return Stored(now, region, replayed=False)


def _order_id(value: object) -> str:
    """PostgreSQL's text holds all of Unicode but NUL (PostgreSQL Documentation, "Character Types")."""
    identifier = item_id(value)
    if "\x00" in identifier:
        raise bad_request("id must not hold a NUL character", "id")
    return identifier
