"""GET and POST /files: JSON documents as objects of this region's bucket, which S3 replicates to the others.

A write stores two objects: the record of its idempotency key, with If-None-Match so that of two requests one
makes it (Amazon S3 User Guide, "How to prevent object overwrites with conditional writes"), and the document.
S3 has no transaction over both: a request that dies between them is finished by its retry, which finds the
record and stores the document that it stands for.
"""

from __future__ import annotations

import datetime
import functools
import hashlib
import json
import os
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from shared import environment, table
from shared.entry import answering
from shared.payload import Payload, Stored, described, payload
from shared.requests import Refusal, TryAgain, item_id, mapping, query_parameter
from shared.responses import Response, respond

DOCUMENTS, RECORDS = "documents", "idempotency"


class Record(NamedTuple):
    """What an idempotency key stands for."""

    fingerprint: str
    written_at: str
    written_in: str
    # the document was stored: a retry must not store it again over a later one
    done: bool


@functools.cache
def client() -> Any:
    """This region's client, made once per worker."""
    return boto3.client(
        "s3",
        region_name=environment.region(),
        config=Config(
            connect_timeout=0.5,
            read_timeout=1.0,
            retries={"mode": "standard", "total_max_attempts": 2},
            tcp_keepalive=True,
        ),
    )


@answering
def handler(event: object, _context: object) -> Response:
    """GET: 200 or 404. POST: 201 when stored, 200 when replayed, 409 when the key stored something else."""
    method = event.get("httpMethod") if isinstance(event, dict) else None
    if method == "POST":
        asked = payload(event)
        status, body = described(asked, _store(asked), environment.region())
        return respond(event, status, body)
    if method in (None, "GET", "HEAD"):
        return _get(event)
    raise Refusal(405, "method_not_allowed", "only GET and POST are allowed", None)


def _get(event: object) -> Response:
    identifier = item_id(query_parameter(event, "id") or mapping(event, "pathParameters").get("id") or "")
    found = _read(object_key(DOCUMENTS, identifier))
    if found is None:
        raise Refusal(404, "not_found", "this region holds no file with this id", "id")
    return respond(event, 200, {**found, "served_by": environment.region()})


def object_key(folder: str, name: str) -> str:
    """A key that any id makes: its digest first, which also spreads the load over S3's partitions."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"{folder}/{digest}.json"


def _store(asked: Payload) -> Stored:
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds")
    fresh = Record(asked.fingerprint, now, environment.region(), done=False)
    key = object_key(RECORDS, asked.key)
    record = fresh if _write(key, fresh._asdict(), new=True) else _known(key)
    if record.fingerprint != asked.fingerprint:
        reason = "this idempotency key has already stored another payload"
        raise Refusal(409, "conflict", reason, "idempotency_key")
    if not record.done:
        document = {
            "id": asked.id,
            "value": asked.value,
            "written_at": record.written_at,
            "written_in": record.written_in,
            "idempotency_key": asked.key,
        }
        _write(object_key(DOCUMENTS, asked.id), document)
        _write(key, record._replace(done=True)._asdict())
    return Stored(record.written_at, record.written_in, replayed=record is not fresh)


def _known(key: str) -> Record:
    """The record that was in the way. Raises TryAgain when it is gone."""
    found = _read(key)
    if found is None:
        raise TryAgain("unavailable", "the record of this idempotency key cannot be read, try again")
    return Record(**found)


def _bucket() -> str:
    return environment.variable("BUCKET_FILES")


def _read(key: str) -> dict[str, Any] | None:
    """The JSON object under a key, or None."""
    try:
        found: dict[str, Any] = json.loads(client().get_object(Bucket=_bucket(), Key=key)["Body"].read())
    except ClientError as error:
        if table.error_code(error) == "NoSuchKey":
            return None
        raise _named(error) from error
    except BotoCoreError as error:
        raise _named(error) from error
    return found


def _write(key: str, document: dict[str, Any], *, new: bool = False) -> bool:
    """Store a JSON object; with `new` only if there is none. Whether it was stored."""
    request: dict[str, Any] = {
        "Bucket": _bucket(),
        "Key": key,
        "Body": json.dumps(document, separators=(",", ":")).encode(),
        "ContentType": "application/json",
    }
    if owner := os.environ.get("BUCKET_OWNER"):
        request["ExpectedBucketOwner"] = owner
    try:
        client().put_object(**request, **({"IfNoneMatch": "*"} if new else {}))
    except ClientError as error:
        if new and table.error_code(error) == "PreconditionFailed":
            return False
        raise _named(error) from error
    except BotoCoreError as error:
        raise _named(error) from error
    return True


def _named(error: ClientError | BotoCoreError) -> Exception:
    """What passes by itself as TryAgain; a mistake of ours as it is.

    ConditionalRequestConflict: another conditional write of the key is under way (Amazon S3 User Guide).
    """
    if not isinstance(error, ClientError):
        return TryAgain("unavailable", f"the bucket cannot be reached: {type(error).__name__}")
    code = table.error_code(error)
    if table.is_passing(error) or code == "ConditionalRequestConflict":
        return TryAgain("unavailable", f"the bucket cannot be reached: {code}")
    return error


# Made while Lambda initialises the worker, so that the first request does not pay for it.
client()
