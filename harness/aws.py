"""Clients of AWS, or of a sandbox, by the AWS_* variables of a target instead of this process's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config


def client(service: str, region: str, variables: Mapping[str, str], *, config: Config | None = None) -> Any:
    """A client of boto3. Settings that `variables` lack come from boto3's own sources."""
    make: Any = boto3.client  # the stubs know each service by its literal name only
    return make(
        service,
        region_name=region,
        endpoint_url=variables.get("AWS_ENDPOINT_URL"),
        aws_access_key_id=variables.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=variables.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=variables.get("AWS_SESSION_TOKEN"),
        config=config,
    )
