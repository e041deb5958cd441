from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.sandbox import snapshot
from harness.sandbox.emulators.moto import Moto
from harness.sandbox.sandbox import Sandbox
from harness.sandbox.service import CannotBeKept, Service
from harness.sandbox.services import SERVICES
from tests.harness.sandbox.conftest import ACCOUNT, REGIONS

pytestmark = pytest.mark.sandbox

TABLE = {
    "TableName": "items",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
}
HANDLER = "def handler(event, context):\n    return {'hello': event['name']}\n"

# Rooms that hold nothing of what was made: it is all in the emulators' stores, or cannot be kept at all.
WITHOUT_STORES = {"apigateway", "cloudfront", "cloudwatch", "events", "lambda", "logs", "route53"}
REFUSING = {"dynamodb", "rds", "s3"}


def a_sandbox() -> Sandbox:
    return Sandbox(account_id=ACCOUNT, regions=REGIONS)


def client(sandbox: Sandbox, service: str, region: str = "us-east-1") -> Any:
    return boto3.client(service, region_name=region, endpoint_url=sandbox.endpoint)


def package() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", HANDLER)
    return packed.getvalue()


def furnish(sandbox: Sandbox) -> None:
    """Something of both emulators, in both regions, and of a room that keeps its own."""
    for region in REGIONS:
        client(sandbox, "lambda", region).create_function(
            FunctionName="greet",
            Runtime="python3.12",
            Role=f"arn:aws:iam::{ACCOUNT}:role/any",
            Handler="handler.handler",
            Code={"ZipFile": package()},
        )
        client(sandbox, "cloudwatch", region).put_metric_alarm(
            AlarmName=f"late-{region}",
            Namespace="AWS/Lambda",
            MetricName="Errors",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    client(sandbox, "dynamodb").create_table(**TABLE)
    client(sandbox, "s3").create_bucket(Bucket="objects")
    client(sandbox, "s3").put_object(Bucket="objects", Key="state", Body=b"\x00\xff as it was")
    client(sandbox, "codedeploy").create_application(applicationName="shop", computePlatform="Lambda")
    client(sandbox, "backup").update_region_settings(ResourceTypeOptInPreference={"DynamoDB": True})


@pytest.fixture(scope="module")
def kept() -> bytes:
    """A snapshot of a sandbox that is gone, taken before a write of a drill."""
    with a_sandbox() as sandbox:
        furnish(sandbox)
        taken = sandbox.snapshot()
        client(sandbox, "dynamodb").put_item(TableName="items", Item={"pk": {"S": "written later"}})
    return taken


def test_another_sandbox_holds_what_was_made_in_the_first(kept: bytes) -> None:
    with a_sandbox() as sandbox:
        sandbox.take_up(kept)
        for region in REGIONS:
            answer = client(sandbox, "lambda", region).invoke(
                FunctionName="greet", Payload=b'{"name": "you"}'
            )
            assert json.loads(answer["Payload"].read()) == {"hello": "you"}
            alarms = client(sandbox, "cloudwatch", region).describe_alarms()["MetricAlarms"]
            assert [alarm["AlarmName"] for alarm in alarms] == [f"late-{region}"]
        found = client(sandbox, "s3").get_object(Bucket="objects", Key="state")["Body"].read()
        assert found == b"\x00\xff as it was"
        assert (
            client(sandbox, "codedeploy").list_tags_for_resource(
                ResourceArn=f"arn:aws:codedeploy:us-east-1:{ACCOUNT}:application:shop"
            )["Tags"]
            == []
        )
        settings = client(sandbox, "backup").describe_region_settings()
        assert settings["ResourceTypeOptInPreference"]["DynamoDB"] is True


def test_what_was_written_after_the_snapshot_is_not_in_it(kept: bytes) -> None:
    with a_sandbox() as sandbox:
        sandbox.take_up(kept)
        assert client(sandbox, "dynamodb").scan(TableName="items")["Items"] == []
        client(sandbox, "dynamodb").put_item(TableName="items", Item={"pk": {"S": "of this one"}})


def test_a_new_sandbox_still_holds_nothing() -> None:
    with a_sandbox() as sandbox, pytest.raises(ClientError, match="ResourceNotFoundException"):
        client(sandbox, "dynamodb").describe_table(TableName="items")


def test_a_resource_that_names_the_sandbox_itself_cannot_be_kept() -> None:
    with a_sandbox() as sandbox:
        client(sandbox, "s3").create_bucket(Bucket="objects")
        client(sandbox, "s3").put_object(Bucket="objects", Key="state", Body=sandbox.endpoint.encode())
        port = sandbox.endpoint.rpartition(":")[2]
        with pytest.raises(CannotBeKept, match=f"^a resource names :{port}, which only this sandbox has$"):
            sandbox.snapshot()


def test_a_database_that_runs_and_changes_on_their_way_cannot_be_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with a_sandbox() as sandbox:
        for thing, attribute, value, why in (
            (sandbox.aurora.databases, "clusters", {"orders": None}, "its databases are PostgreSQL servers"),
            (sandbox.replication, "pending", lambda: 3, "3 items are on their way to other regions"),
            (sandbox.objects, "pending", lambda: 2, "2 objects are on their way to other regions"),
        ):
            with monkeypatch.context() as held:
                held.setattr(thing, attribute, value)
                with pytest.raises(CannotBeKept, match=why):
                    sandbox.snapshot()


def test_half_a_snapshot_fills_nothing(kept: bytes) -> None:
    with a_sandbox() as sandbox:
        with pytest.raises(CannotBeKept, match=r"^it cannot be read: error: "):
            sandbox.take_up(kept[: len(kept) // 2])
        assert client(sandbox, "s3").list_buckets()["Buckets"] == []


def test_what_pickle_cannot_write_cannot_be_kept() -> None:
    class Room(Service):
        name = "odd"

        def __init__(self) -> None:
            pass

        def kept(self) -> object:
            return lambda: None

    with pytest.raises(CannotBeKept, match=r"^an emulator or a room holds what no file can: "):
        snapshot.taken([Room()], Moto(), foreign=())


def test_every_room_has_been_thought_of() -> None:
    """A room that holds resources of its own must give them to `kept`, or the next drill has none of them."""
    own = {room.name for room in SERVICES if room.kept is not Service.kept}
    assert own == REFUSING | {"application-autoscaling", "backup", "codedeploy"}
    assert {room.name for room in SERVICES} - own == WITHOUT_STORES
