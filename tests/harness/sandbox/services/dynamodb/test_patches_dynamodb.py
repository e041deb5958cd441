"""The keys of a table's replicas."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox


def client(sandbox: Sandbox, service: str, region: str) -> Any:
    return boto3.client(service, region_name=region, endpoint_url=sandbox.endpoint)


def test_a_replica_is_encrypted_with_the_key_of_its_own_region(sandbox: Sandbox) -> None:
    east, west = client(sandbox, "dynamodb", "us-east-1"), client(sandbox, "dynamodb", "us-west-2")
    keys = [client(sandbox, "kms", region).create_key()["KeyMetadata"]["Arn"] for region in sandbox.regions]
    east.create_table(
        TableName="keyed",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": keys[0]},
    )
    create = {"Create": {"RegionName": "us-west-2", "KMSMasterKeyId": keys[1]}}
    east.update_table(TableName="keyed", ReplicaUpdates=[create])
    source, replica = (each.describe_table(TableName="keyed")["Table"] for each in (east, west))
    for each in (east, west):
        each.delete_table(TableName="keyed")
    assert source["Replicas"][0]["KMSMasterKeyId"] == keys[1]
    used = [found["SSEDescription"]["KMSMasterKeyArn"] for found in (source, replica)]
    assert used == keys
