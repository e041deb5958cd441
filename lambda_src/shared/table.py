"""DynamoDB with short patience: a sick region has to answer fast, not to hang until Lambda's own limit."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shared import environment

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

# What passes by itself, by Amazon DynamoDB Developer Guide, "Error handling with DynamoDB" and "Managing
# transactions". Everything else is a mistake in code or configuration and must not look like an outage.
_PASSING_ERRORS = frozenset(
    {
        "InternalServerError",
        "InternalServerException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_PASSING_REASONS = frozenset({"ProvisionedThroughputExceeded", "ThrottlingError", "TransactionConflict"})

RETRY_AFTER_SECONDS = 1


class Unavailable(Exception):
    """DynamoDB throttles, is out of reach, or fails: the same request may succeed later."""


@functools.cache
def client(*, connect: float = 0.5, read: float = 1.0, attempts: int = 2) -> DynamoDBClient:
    """This region's client, made once per worker; the time limits are seconds per attempt.

    The defaults give up after 4 s at the latest (twice 1.5 s, up to 1 s between), before the function's own
    limit of 5 s would turn the answer into a 502.
    """
    return boto3.client(
        "dynamodb",
        region_name=environment.region(),
        config=Config(
            connect_timeout=connect,
            read_timeout=read,
            retries={"mode": "standard", "total_max_attempts": attempts},
            # a worker that slept for minutes finds out that its connection is dead before it uses it
            tcp_keepalive=True,
        ),
    )


@contextmanager
def outages_named() -> Iterator[None]:
    """Turn what botocore raises for throttling and outages into Unavailable; let all else pass."""
    try:
        yield
    except ClientError as error:
        if is_passing(error):
            raise Unavailable(error_code(error)) from error
        raise
    except BotoCoreError as error:
        raise Unavailable(type(error).__name__) from error


def is_passing(error: ClientError) -> bool:
    """Whether the same request may succeed later."""
    reasons = set(cancellation_codes(error)) - {"None"}
    if reasons:
        return reasons <= _PASSING_REASONS
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error_code(error) in _PASSING_ERRORS or status >= 500


def error_code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "Unknown")


def cancellation_codes(error: ClientError) -> list[str]:
    """Why a transaction was cancelled, one code per action; empty for any other error."""
    return [str(reason.get("Code")) for reason in error.response.get("CancellationReasons") or []]
