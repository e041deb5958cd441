"""DynamoDB takes a replica of a provisioned table once its writes scale, as on AWS."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

EAST, WEST = "us-east-1", "us-west-2"
REPLICA = [{"Create": {"RegionName": WEST}}]
WRITES = {
    "ServiceNamespace": "dynamodb",
    "ScalableDimension": "dynamodb:table:WriteCapacityUnits",
}


def client(sandbox: Sandbox, service: str) -> Any:
    return boto3.client(service, region_name=EAST, endpoint_url=sandbox.endpoint)  # type: ignore[call-overload]


def table(sandbox: Sandbox, name: str, **billing: Any) -> Any:
    dynamodb = client(sandbox, "dynamodb")
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        **billing,
    )
    return dynamodb


def test_a_replica_of_a_provisioned_table_waits_until_its_writes_scale(sandbox: Sandbox) -> None:
    capacity = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    dynamodb = table(sandbox, "waits", ProvisionedThroughput=capacity)
    with pytest.raises(ClientError) as caught:
        dynamodb.update_table(TableName="waits", ReplicaUpdates=REPLICA)
    assert caught.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": "Table write capacity should either be Pay-Per-Request or AutoScaled.",
    }
    client(sandbox, "application-autoscaling").register_scalable_target(
        **WRITES, ResourceId="table/waits", MinCapacity=1, MaxCapacity=2
    )
    dynamodb.update_table(TableName="waits", ReplicaUpdates=REPLICA)
    (replica,) = dynamodb.describe_table(TableName="waits")["Table"]["Replicas"]
    assert replica["RegionName"] == WEST


def test_a_table_on_demand_takes_a_replica_at_once(sandbox: Sandbox) -> None:
    dynamodb = table(sandbox, "at-once", BillingMode="PAY_PER_REQUEST")
    dynamodb.update_table(TableName="at-once", ReplicaUpdates=REPLICA)
    assert dynamodb.describe_table(TableName="at-once")["Table"]["Replicas"]


def test_a_target_of_a_table_that_does_not_exist_is_refused_through_the_sandbox(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError, match="DynamoDB table does not exist: table/absent"):
        client(sandbox, "application-autoscaling").register_scalable_target(
            **WRITES, ResourceId="table/absent", MinCapacity=1, MaxCapacity=2
        )
