"""The keys that AWS manages."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


def client(sandbox: Sandbox, region: str) -> Any:
    return boto3.client("kms", region_name=region, endpoint_url=sandbox.endpoint)


def test_an_aws_managed_key_appears_when_it_is_asked_for(sandbox: Sandbox) -> None:
    kms = client(sandbox, "us-east-1")
    first = kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]
    again = kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]
    other = client(sandbox, "us-west-2").describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]
    assert (first["KeyManager"], first["Arn"] == again["Arn"], first["Arn"] == other["Arn"]) == (
        "AWS",
        True,
        False,
    )
    assert kms.create_key()["KeyMetadata"]["KeyManager"] == "CUSTOMER"
