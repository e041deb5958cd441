"""The packaged functions as Lambda runs them, against the DynamoDB that a drill uses."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from generator.package import package
from harness.sandbox.faults import ServiceDown
from harness.sandbox.sandbox import Sandbox
from harness.sandbox.services.lambda_.pools import LambdaPools
from tests.lambda_src.calling_functions import ITEMS, SOURCE, create_table

pytestmark = pytest.mark.sandbox

ACCOUNT = "123456789012"
EAST, WEST = "us-east-1", "us-west-2"
FUNCTIONS = ("read", "write", "health")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Two regions with one replicated table and the three functions, warm."""
    with Sandbox(account_id=ACCOUNT, regions=[EAST, WEST]) as sandbox:
        pools = LambdaPools(account_id=ACCOUNT)
        database = _client(sandbox, "dynamodb", EAST)
        create_table(database, ITEMS)
        database.update_table(TableName=ITEMS, ReplicaUpdates=[{"Create": {"RegionName": WEST}}])
        for region in (EAST, WEST):
            for name in FUNCTIONS:
                _deploy(_client(sandbox, "lambda", region), name)
            sandbox.run(pools.warm(region, FUNCTIONS, concurrency=2), timeout=60)
        yield sandbox
        pools.stop_all()


def _client(sandbox: Sandbox, service: str, region: str) -> Any:
    environment = sandbox.environment(region)
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=region,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )


def _deploy(functions: Any, name: str) -> None:
    version = functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role=f"arn:aws:iam::{ACCOUNT}:role/{name}",
        Handler="handler.handler",
        Timeout=5,
        Publish=True,
        Code={"ZipFile": package(SOURCE / name, SOURCE / "shared")},
        Environment={
            "Variables": {
                "ANTIPODE_ENVIRONMENT": "prod",
                "TABLE_ITEMS": ITEMS,
                "HEALTH_TABLES": json.dumps({ITEMS: "pk"}),
            }
        },
    )["Version"]
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion=version)


def call(sandbox: Sandbox, region: str, name: str, event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    answer = _client(sandbox, "lambda", region).invoke(
        FunctionName=name, Qualifier="live", Payload=json.dumps(event)
    )
    response = json.loads(answer["Payload"].read())
    return response["statusCode"], json.loads(response["body"])


def write_event(key: str, **body: Any) -> dict[str, Any]:
    return {"headers": {"Idempotency-Key": key}, "body": json.dumps(body)}


def read_event(identifier: str) -> dict[str, Any]:
    return {"queryStringParameters": {"id": identifier}}


def test_what_one_region_writes_the_other_reads_and_replays_once_it_has_arrived(sandbox: Sandbox) -> None:
    event = write_event("key-1", id="a", value={"n": 1.5})
    status, first = call(sandbox, EAST, "write", event)
    assert status == 201
    deadline = time.monotonic() + 20
    while sandbox.replication.pending(EAST) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert call(sandbox, WEST, "read", read_event("a"))[1] == {
        **{key: value for key, value in first.items() if key != "replayed"},
        "served_by": WEST,
    }
    assert call(sandbox, WEST, "write", event) == (200, {**first, "replayed": True, "served_by": WEST})
    assert call(sandbox, WEST, "write", write_event("key-1", id="a", value=2))[0] == 409


def test_both_regions_say_that_they_are_healthy_and_which_one_they_are(sandbox: Sandbox) -> None:
    answers = {region: call(sandbox, region, "health", {}) for region in (EAST, WEST)}
    assert {region: (status, body["health"]) for region, (status, body) in answers.items()} == {
        EAST: (200, "pass:prod/us-east-1"),
        WEST: (200, "pass:prod/us-west-2"),
    }


@pytest.mark.parametrize("mode", ["refuse", "hang", "503"])
def test_with_its_dynamodb_down_a_region_answers_503_in_time_and_the_other_goes_on(
    sandbox: Sandbox, mode: str
) -> None:
    fault = sandbox.faults.inject(ServiceDown(EAST, "dynamodb", mode))  # type: ignore[arg-type]
    try:
        started = time.monotonic()
        status, body = call(sandbox, EAST, "health", {})
        health_seconds = time.monotonic() - started
        started = time.monotonic()
        write_status, _ = call(sandbox, EAST, "write", write_event(f"key-{mode}", id=mode, value=1))
        write_seconds = time.monotonic() - started
        assert (status, body["health"], write_status) == (503, "fail:prod/us-east-1", 503)
        assert call(sandbox, WEST, "health", {})[0] == 200
        assert sandbox.faults.hits(fault) > 0
    finally:
        sandbox.faults.heal(fault)
    # Route 53's limit, and the functions' own
    assert health_seconds < 2
    assert write_seconds < 5
    assert call(sandbox, EAST, "health", {})[0] == 200
