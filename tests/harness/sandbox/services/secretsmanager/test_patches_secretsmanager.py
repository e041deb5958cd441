"""The patched answers of the embedded Secrets Manager: replicas, labels and rotation."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from harness.sandbox.faults import ServiceDown
from harness.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.sandbox

EAST, WEST = "us-east-1", "us-west-2"
NAME = "prod/orders/app"

# Notes every step in the secret's description; makes the new password, and finishes, as a real one does.
ROTATION = """
import boto3
def handler(event, context):
    secrets = boto3.client("secretsmanager")
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    told = secrets.describe_secret(SecretId=secret)
    secrets.update_secret(SecretId=secret, Description=told["Description"] + " " + step)
    versions = told["VersionIdsToStages"]
    assert "AWSPENDING" in versions[token], versions
    if step == "createSecret":
        try:
            secrets.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
        except secrets.exceptions.ResourceNotFoundException:
            secrets.put_secret_value(
                SecretId=secret, ClientRequestToken=token, SecretString="new", VersionStages=["AWSPENDING"]
            )
    if step == "setSecret" and "broken" in told["Description"]:
        raise ValueError("the database is away")
    if step == "finishSecret":
        current = next(version for version, stages in versions.items() if "AWSCURRENT" in stages)
        secrets.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current
        )
"""


@pytest.fixture
def east(sandbox: Sandbox) -> Any:
    return boto3.client("secretsmanager", region_name=EAST, endpoint_url=sandbox.endpoint)


@pytest.fixture
def west(sandbox: Sandbox) -> Any:
    return boto3.client("secretsmanager", region_name=WEST, endpoint_url=sandbox.endpoint)


@pytest.fixture
def secret(east: Any, west: Any) -> Iterator[str]:
    """A secret with the value "old" and a replica in us-west-2."""
    east.create_secret(
        Name=NAME,
        Description="steps:",
        SecretString="old",
        AddReplicaRegions=[{"Region": WEST, "KmsKeyId": "alias/west"}],
    )
    yield NAME
    told = east.describe_secret(SecretId=NAME)
    replicas = [status["Region"] for status in told.get("ReplicationStatus", [])]
    if replicas:
        east.remove_regions_from_replication(SecretId=NAME, RemoveReplicaRegions=replicas)
    for client in (east, west):
        client.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)


@pytest.fixture
def rotation(sandbox: Sandbox) -> Iterator[str]:
    functions = boto3.client("lambda", region_name=EAST, endpoint_url=sandbox.endpoint)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", ROTATION)
    yield functions.create_function(
        FunctionName="rotation",
        Runtime="python3.12",
        Role="arn:aws:iam::123456789012:role/any",
        Handler="handler.handler",
        Code={"ZipFile": packed.getvalue()},
    )["FunctionArn"]
    sandbox.faults.heal_all()
    functions.delete_function(FunctionName="rotation")


def steps(client: Any) -> list[str]:
    return str(client.describe_secret(SecretId=NAME)["Description"]).split()[1:]


def wait_for_steps(client: Any, expected: list[str]) -> None:
    deadline = time.monotonic() + 20
    while steps(client) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)  # the last step still works after it has told
    assert steps(client) == expected


def value(client: Any, **which: str) -> str:
    return str(client.get_secret_value(SecretId=NAME, **which)["SecretString"])


def test_a_secret_is_made_with_its_replicas_and_says_so(east: Any, west: Any, secret: str) -> None:
    status = east.describe_secret(SecretId=secret)["ReplicationStatus"]
    assert [(one["Region"], one["Status"], one["KmsKeyId"]) for one in status] == [
        (WEST, "InSync", "alias/west")
    ]
    assert value(west) == "old"
    replica, primary = west.describe_secret(SecretId=secret), east.describe_secret(SecretId=secret)
    assert (replica["PrimaryRegion"], replica["KmsKeyId"]) == (EAST, "alias/west")
    assert replica["ARN"] == primary["ARN"].replace(EAST, WEST)


def test_a_new_value_reaches_the_replica(east: Any, west: Any, secret: str) -> None:
    east.put_secret_value(SecretId=secret, SecretString="newer")
    assert value(west) == "newer"


def test_a_replica_cannot_be_written_until_it_stands_alone(east: Any, west: Any, secret: str) -> None:
    with pytest.raises(ClientError, match="replica secret"):
        west.put_secret_value(SecretId=secret, SecretString="mine")
    west.stop_replication_to_replica(SecretId=secret)
    west.put_secret_value(SecretId=secret, SecretString="mine")
    assert (value(west), value(east)) == ("mine", "old")
    assert "PrimaryRegion" not in west.describe_secret(SecretId=secret)
    assert "ReplicationStatus" not in east.describe_secret(SecretId=secret)


def test_what_is_no_replica_cannot_stop_being_one(east: Any, secret: str) -> None:
    with pytest.raises(ClientError, match="isn't a replica"):
        east.stop_replication_to_replica(SecretId=secret)


def test_a_promoted_secret_can_be_replicated_back(east: Any, west: Any, secret: str) -> None:
    west.stop_replication_to_replica(SecretId=secret)
    west.put_secret_value(SecretId=secret, SecretString="mine")
    west.replicate_secret_to_regions(
        SecretId=secret, AddReplicaRegions=[{"Region": EAST}], ForceOverwriteReplicaSecret=True
    )
    assert (value(east), east.describe_secret(SecretId=secret)["PrimaryRegion"]) == ("mine", WEST)
    west.remove_regions_from_replication(SecretId=secret, RemoveReplicaRegions=[EAST])
    with pytest.raises(ClientError, match="ResourceNotFound"):
        value(east)
    east.create_secret(Name=secret, SecretString="again")


def test_a_secret_with_replicas_is_not_deleted(east: Any, secret: str) -> None:
    with pytest.raises(ClientError, match=r"still has replica regions \[us-west-2\]"):
        east.delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)


def test_what_is_not_there_is_deleted_by_force_without_complaint(east: Any) -> None:
    assert east.delete_secret(SecretId="nowhere", ForceDeleteWithoutRecovery=True)["Name"] == "nowhere"
    with pytest.raises(ClientError, match="ResourceNotFound"):
        east.delete_secret(SecretId="nowhere")


def test_removing_a_region_deletes_the_replica(east: Any, west: Any, secret: str) -> None:
    east.remove_regions_from_replication(SecretId=secret, RemoveReplicaRegions=[WEST])
    with pytest.raises(ClientError, match="ResourceNotFound"):
        west.describe_secret(SecretId=secret)
    west.create_secret(Name=secret)


def test_a_secret_without_a_value_has_no_version(east: Any) -> None:
    made = east.create_secret(Name="empty")
    told = east.describe_secret(SecretId="empty")
    with pytest.raises(ClientError, match="ResourceNotFound"):
        east.get_secret_value(SecretId="empty")
    east.delete_secret(SecretId="empty", ForceDeleteWithoutRecovery=True)
    assert ("VersionId" in made, told.get("VersionIdsToStages", {})) == (False, {})


def test_a_version_has_every_label_it_was_given_and_takes_them_from_others(east: Any, secret: str) -> None:
    first = east.put_secret_value(SecretId=secret, SecretString="1", VersionStages=["AWSCURRENT", "INITIAL"])[
        "VersionId"
    ]
    second = east.put_secret_value(SecretId=secret, SecretString="2", VersionStages=["INITIAL"])["VersionId"]
    stages = east.describe_secret(SecretId=secret)["VersionIdsToStages"]
    assert (stages[first], stages[second]) == (["AWSCURRENT"], ["INITIAL"])


def test_a_version_is_not_found_by_a_label_that_it_does_not_have(east: Any, secret: str) -> None:
    version = east.describe_secret(SecretId=secret)["VersionIdsToStages"].popitem()[0]
    assert value(east, VersionId=version, VersionStage="AWSCURRENT") == "old"
    with pytest.raises(ClientError, match="ResourceNotFound"):
        value(east, VersionId=version, VersionStage="AWSPENDING")


def test_a_rotation_calls_the_function_for_its_four_steps(
    east: Any, west: Any, secret: str, rotation: str
) -> None:
    east.rotate_secret(SecretId=secret, RotationLambdaARN=rotation)
    wait_for_steps(east, ["createSecret", "setSecret", "testSecret", "finishSecret"])
    told = east.describe_secret(SecretId=secret)
    assert (told["RotationEnabled"], told["RotationLambdaARN"]) == (True, rotation)
    assert sorted(map(tuple, told["VersionIdsToStages"].values())) == [("AWSCURRENT",), ("AWSPREVIOUS",)]
    assert (value(east), value(west), value(east, VersionStage="AWSPREVIOUS")) == ("new", "new", "old")


def test_a_rotation_that_is_not_immediate_runs_the_test_alone_and_leaves_no_version(
    east: Any, secret: str, rotation: str
) -> None:
    rules = {"AutomaticallyAfterDays": 30}
    east.rotate_secret(
        SecretId=secret, RotationLambdaARN=rotation, RotationRules=rules, RotateImmediately=False
    )
    wait_for_steps(east, ["testSecret"])
    told = east.describe_secret(SecretId=secret)
    assert (told["RotationRules"], list(told["VersionIdsToStages"].values())) == (rules, [["AWSCURRENT"]])
    assert value(east) == "old"


def test_an_unfinished_rotation_is_taken_up_again_with_the_same_version(
    east: Any, secret: str, rotation: str
) -> None:
    east.update_secret(SecretId=secret, Description="broken")
    version = east.rotate_secret(SecretId=secret, RotationLambdaARN=rotation)["VersionId"]
    wait_for_steps(east, ["createSecret", "setSecret"])
    assert value(east) == "old"
    east.update_secret(SecretId=secret, Description="mended")
    with pytest.raises(ClientError, match="A previous rotation isn't complete"):
        east.rotate_secret(SecretId=secret)
    wait_for_steps(east, ["createSecret", "setSecret", "testSecret", "finishSecret"])
    assert east.get_secret_value(SecretId=secret)["VersionId"] == version


def test_a_rotation_gets_nowhere_while_its_regions_lambda_is_down(
    sandbox: Sandbox, east: Any, secret: str, rotation: str
) -> None:
    fault = sandbox.faults.inject(ServiceDown(EAST, "lambda"))
    east.rotate_secret(SecretId=secret, RotationLambdaARN=rotation)
    deadline = time.monotonic() + 10
    while not sandbox.faults.hits(fault) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (sandbox.faults.hits(fault), steps(east), value(east)) == (1, [], "old")


def test_a_cancelled_rotation_is_switched_off(east: Any, west: Any, secret: str, rotation: str) -> None:
    east.rotate_secret(SecretId=secret, RotationLambdaARN=rotation, RotateImmediately=False)
    wait_for_steps(east, ["testSecret"])
    with pytest.raises(ClientError, match="replica secret"):
        west.cancel_rotate_secret(SecretId=secret)
    east.cancel_rotate_secret(SecretId=secret)
    assert east.describe_secret(SecretId=secret)["RotationEnabled"] is False
