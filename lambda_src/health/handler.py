"""GET /health: proof that this region can use its tables, databases and buckets, for Route 53 to search.

Where a failover controller decides who serves (CONTROL_TABLE), the region must also be one that does: a
region that was lost and taken over from stays unhealthy until a person lets it back, and so does one whose
controller no longer reaches a majority of the voters. Route 53 waits two seconds for the status, then two
for the body, and searches the first 5,120 bytes (Amazon Route 53 Developer Guide, "How Amazon Route 53
determines whether a health check is healthy").
"""

from __future__ import annotations

import functools
import json
import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, NamedTuple

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from shared import environment, fence, logs, table
from shared.clock import Clock
from shared.entry import answering
from shared.requests import TryAgain
from shared.responses import Response, respond

# All checks at once, and never longer than this: what has not answered by then has failed. With the
# 0.3 s of a cold start it stays below Route 53's two seconds.
BUDGET_SECONDS = 1.2
# One attempt: the next checker is the retry.
CALL_SECONDS = 0.5
# A probe whose answer is still outstanding keeps its thread; the following ones must not wait for it.
_THREADS = ThreadPoolExecutor(max_workers=32, thread_name_prefix="probe")

ADMISSION = "admission"

Probe = Callable[[], str | None]

STALE = "the record read back is older than the one written"


class Check(NamedTuple):
    """The outcome of one check; `cause` is None when it passed."""

    milliseconds: float
    cause: str | None


def _database() -> Any:
    """This region's DynamoDB client, with the patience of a probe."""
    return table.client(connect=CALL_SECONDS, read=CALL_SECONDS, attempts=1)


@functools.cache
def _buckets() -> Any:
    """This region's S3 client, made once per worker."""
    config = Config(
        connect_timeout=CALL_SECONDS, read_timeout=CALL_SECONDS, retries={"total_max_attempts": 1}
    )
    return boto3.client("s3", region_name=environment.region(), config=config)


# Made while Lambda initialises the worker, so that the first probe does not pay for it.
_database()
if os.environ.get("HEALTH_BUCKETS"):
    _buckets()


@answering
def handler(event: object, context: object) -> Response:
    """200 when every check passed in time, else 503 with the causes, which are logged too: no checker keeps
    the answers that it got."""
    try:
        checks = _check_all(_probes(event))
    except environment.Misconfigured as error:
        checks = {"configuration": Check(0.0, str(error))}
    service, region = environment.environment_name(), environment.region()
    causes = {name: check.cause for name, check in checks.items() if check.cause}
    status = "fail" if causes else "pass"
    if causes:
        logs.log("WARNING", "unhealthy", context=context, causes=causes)
    return respond(
        event,
        200 if status == "pass" else 503,
        {
            "service": service,
            "region": region,
            "status": status,
            # what the health check searches for: only a passing run of this region's function says it
            "health": f"{status}:{service}/{region}",
            "checked_by": f"{service}/{region}/health",
            "checks": {name: _described(check) for name, check in checks.items()},
        },
    )


def _probes(event: object) -> dict[str, Probe]:
    """What is to be checked, by name."""
    probes: dict[str, Probe] = {
        name: functools.partial(_check_table, name, key) for name, key in _tables().items()
    }
    probes |= {name: functools.partial(_check_bucket, name) for name in _names("HEALTH_BUCKETS")}
    probes |= {name: functools.partial(_check_database, name) for name in _names("HEALTH_DATABASES")}
    if fence.is_guarded():
        clock = Clock(event)
        probes[ADMISSION] = lambda: fence.serving(clock)
    return probes


def _tables() -> dict[str, str]:
    """HEALTH_TABLES: table name to hash key. An empty object means that there is nothing to check."""
    try:
        tables = json.loads(environment.variable("HEALTH_TABLES"))
    except ValueError:
        tables = None
    if not isinstance(tables, dict) or not all(isinstance(key, str) and key for key in tables.values()):
        raise environment.Misconfigured("HEALTH_TABLES must be a JSON object of table name to hash key")
    return tables


def _names(variable: str) -> list[str]:
    """HEALTH_BUCKETS, HEALTH_DATABASES: a list of names; nothing when it is not set."""
    try:
        names = json.loads(os.environ.get(variable) or "[]")
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise environment.Misconfigured(f"{variable} must be a JSON list of names")
    return names


def _check_all(probes: dict[str, Probe]) -> dict[str, Check]:
    running: dict[str, Future[Check]] = {
        name: _THREADS.submit(_check, probe) for name, probe in probes.items()
    }
    wait(running.values(), timeout=BUDGET_SECONDS)
    return {
        name: future.result() if future.done() else Check(BUDGET_SECONDS * 1000, "no answer in time")
        for name, future in running.items()
    }


def _check(probe: Probe) -> Check:
    started = time.monotonic()
    try:
        cause = probe()
    except ClientError as error:
        cause = table.error_code(error)
    except (BotoCoreError, table.Unavailable) as error:
        cause = str(error) if isinstance(error, table.Unavailable) else type(error).__name__
    except TryAgain as error:
        cause = error.reason
    return Check(round((time.monotonic() - started) * 1000, 1), cause)


def _check_table(name: str, key: str) -> str | None:
    """None when the table takes writes and a strongly consistent read returns the last one.

    All probes of a region share one record: their role may write no other. Its number only grows, because
    each write has the condition that the stored number is lower. So a read that is older than an accepted
    write returns a lower number than that write's, in any order of concurrent probes and by any clock.
    A probe that meets the record of another probe cannot tell when that was written: it writes once more, one
    above it. Then its own write or a third probe's has raised the number while it looked.
    """
    identity = {key: {"S": f"health#{environment.region()}"}}
    number = time.time_ns()
    for _ in range(2):
        newer = _write_if_highest(name, identity, number)
        read = _read_number(name, identity)
        if read < (number if newer is None else newer):
            return STALE
        if newer is None and read == number:
            return None
        number = read + 1
    return None


def _check_bucket(name: str) -> str | None:
    _buckets().list_objects_v2(Bucket=name, MaxKeys=1)
    return None


def _check_database(name: str) -> str | None:
    """A session of this region's own cluster answers: where the writer is does not matter here."""
    # only environments with a database pay for the driver
    from shared import postgres

    return postgres.answers(postgres.database(name), seconds=CALL_SECONDS)


def _write_if_highest(name: str, identity: dict[str, Any], number: int) -> int | None:
    """Write `number` if the record's is lower, and return None; else return the record's number."""
    try:
        _database().put_item(
            TableName=name,
            Item={**identity, "checked_at": {"N": str(number)}},
            ConditionExpression="attribute_not_exists(checked_at) OR checked_at < :number",
            ExpressionAttributeValues={":number": {"N": str(number)}},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        if table.error_code(error) != "ConditionalCheckFailedException":
            raise
        return _number(error.response.get("Item"))
    return None


def _read_number(name: str, identity: dict[str, Any]) -> int:
    answer: Any = _database().get_item(TableName=name, Key=identity, ConsistentRead=True)
    return _number(answer.get("Item"))


def _number(record: Any) -> int:
    """0 when there is no record, which is lower than any that a probe writes."""
    return int(record["checked_at"]["N"]) if record else 0


def _described(check: Check) -> dict[str, Any]:
    if check.cause is None:
        return {"status": "pass", "milliseconds": check.milliseconds}
    return {"status": "fail", "milliseconds": check.milliseconds, "cause": check.cause}
