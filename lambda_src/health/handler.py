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
import secrets
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

Probe = Callable[[float], str | None]


class Check(NamedTuple):
    """The outcome of one check; `cause` is None when it passed."""

    milliseconds: float
    cause: str | None


@functools.cache
def _buckets() -> Any:
    """This region's S3 client, made once per worker."""
    config = Config(
        connect_timeout=CALL_SECONDS, read_timeout=CALL_SECONDS, retries={"total_max_attempts": 1}
    )
    return boto3.client("s3", region_name=environment.region(), config=config)


# Made while Lambda initialises the worker, so that the first probe does not pay for it.
table.client(connect=CALL_SECONDS, read=CALL_SECONDS, attempts=1)
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
        probes[ADMISSION] = lambda _deadline: fence.serving(clock)
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
    started = time.monotonic()
    running: dict[str, Future[Check]] = {
        name: _THREADS.submit(_check, probe, started + BUDGET_SECONDS) for name, probe in probes.items()
    }
    wait(running.values(), timeout=BUDGET_SECONDS)
    return {
        name: future.result() if future.done() else Check(BUDGET_SECONDS * 1000, "no answer in time")
        for name, future in running.items()
    }


def _check(probe: Probe, deadline: float) -> Check:
    started = time.monotonic()
    try:
        cause = probe(deadline)
    except ClientError as error:
        cause = table.error_code(error)
    except (BotoCoreError, table.Unavailable) as error:
        cause = str(error) if isinstance(error, table.Unavailable) else type(error).__name__
    except TryAgain as error:
        cause = error.reason
    return Check(round((time.monotonic() - started) * 1000, 1), cause)


def _check_table(name: str, key: str, deadline: float) -> str | None:
    cause = None
    # a second round only if a record older than ours was read back, which a clock far ahead can cause
    for _ in range(2):
        cause = _write_and_read_back(name, key)
        if cause is None or time.monotonic() > deadline:
            break
    return cause


def _check_bucket(name: str, _deadline: float) -> str | None:
    _buckets().list_objects_v2(Bucket=name, MaxKeys=1)
    return None


def _check_database(name: str, _deadline: float) -> str | None:
    """A session of this region's own cluster answers: where the writer is does not matter here."""
    # only environments with a database pay for the driver
    from shared import postgres

    return postgres.answers(postgres.database(name), seconds=CALL_SECONDS)


def _write_and_read_back(name: str, key: str) -> str | None:
    """None when the table returned what was written, or what another checker has written since."""
    database = table.client(connect=CALL_SECONDS, read=CALL_SECONDS, attempts=1)
    nonce, checked_at = secrets.token_hex(16), time.time_ns()
    identity = {key: {"S": f"health#{environment.region()}"}}
    database.put_item(
        TableName=name,
        Item={**identity, "nonce": {"S": nonce}, "checked_at": {"N": str(checked_at)}},
    )
    found: Any = database.get_item(TableName=name, Key=identity, ConsistentRead=True).get("Item", {})
    if found.get("nonce", {}).get("S") == nonce:
        return None
    # about fifteen checkers share one record: theirs proves as much as ours if it is not older
    if int(found.get("checked_at", {}).get("N", 0)) >= checked_at:
        return None
    return "the record read back is not the one written"


def _described(check: Check) -> dict[str, Any]:
    if check.cause is None:
        return {"status": "pass", "milliseconds": check.milliseconds}
    return {"status": "fail", "milliseconds": check.milliseconds, "cause": check.cause}
