"""This region's copy of a secret, kept in memory: a sick Secrets Manager must not stop what runs."""

from __future__ import annotations

import functools
import json
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from shared import environment
from shared.requests import TryAgain


@functools.cache
def client() -> Any:
    """This region's client, made once per worker."""
    return boto3.client(
        "secretsmanager",
        region_name=environment.region(),
        config=Config(
            connect_timeout=0.5, read_timeout=1.0, retries={"mode": "standard", "total_max_attempts": 2}
        ),
    )


_known: dict[str, dict[str, Any]] = {}


def credentials(name: str, *, fresh: bool = False) -> dict[str, Any]:
    """The current value of a secret: a JSON object with username and password at least.

    `fresh` asks again although it is known, for one that the database has refused. Raises TryAgain when
    Secrets Manager cannot be reached.
    """
    if fresh or name not in _known:
        try:
            _known[name] = json.loads(client().get_secret_value(SecretId=name)["SecretString"])
        except (ClientError, BotoCoreError) as error:
            raise TryAgain(
                "unavailable", f"the database's credentials cannot be read: {_cause(error)}"
            ) from error
    return _known[name]


def forget() -> None:
    """Drop what is known, as a new worker would start."""
    _known.clear()


def _cause(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "Unknown")
    return type(error).__name__
