"""A log group that exists gets another key, as Terraform asks of one that it imports."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"


def logs(sandbox: Sandbox) -> Any:
    return boto3.client("logs", region_name="us-east-1", endpoint_url=sandbox.endpoint)


def key_of(client: Any, name: str) -> str | None:
    (group,) = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    key: str | None = group.get("kmsKeyId")
    return key


def test_a_log_group_without_a_key_gets_one_and_loses_it(sandbox: Sandbox) -> None:
    client = logs(sandbox)
    client.create_log_group(logGroupName="/made/without")
    client.associate_kms_key(logGroupName="/made/without", kmsKeyId=KEY)
    assert key_of(client, "/made/without") == KEY
    client.disassociate_kms_key(logGroupName="/made/without")
    assert key_of(client, "/made/without") is None


def test_a_log_group_that_does_not_exist_is_refused(sandbox: Sandbox) -> None:
    client = logs(sandbox)
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="does not exist"):
        client.associate_kms_key(logGroupName="/absent", kmsKeyId=KEY)
