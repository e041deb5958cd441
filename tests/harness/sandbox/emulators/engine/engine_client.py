"""A boto3 client whose requests an engine answers, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from harness.sandbox.emulators.engine import Engine
from harness.sandbox.requests.messages import Request

ACCOUNT = "123456789012"
REGION = "us-east-1"
# what the model refuses on the client's side must reach the engine
_UNCHECKED = Config(parameter_validation=False, retries={"total_max_attempts": 1})


def client_of(engine: Engine, region: str = REGION) -> Any:
    """A client of the engine's service in a region."""
    client = boto3.client(
        engine.service,  # type: ignore[call-overload]
        region_name=region,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="unused",
        config=_UNCHECKED,
    )

    def answer(request: Any, **_: Any) -> AWSResponse:
        url = urlsplit(request.url)
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        status, answered, body = engine.answer(
            Request(
                region=region,
                account_id=ACCOUNT,
                operation=None,
                method=request.method,
                path=url.path,
                query=url.query,
                headers=headers,
                body=_bytes(request.body or b""),
            )
        )
        return AWSResponse(request.url, status, answered, _Raw(body))

    client.meta.events.register("before-send.*", answer)
    return client


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


def _bytes(body: str | bytes) -> bytes:
    return body.encode() if isinstance(body, str) else body


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
