"""How the embedded Lambda is patched: what a call of an alias runs, and what is told of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from harness.sandbox.sandbox import Sandbox
from harness.sandbox.services.lambda_ import Lambda
from harness.sandbox.services.lambda_.invoke import Invocation, invoke_function

pytestmark = pytest.mark.sandbox

ACCOUNT, WEST = "123456789012", "us-west-2"
ARN = f"arn:aws:lambda:{WEST}:{ACCOUNT}:function:echo"
HANDLER = """
def handler(event, context):
    print("said")
    if event.get("fail"):
        raise ValueError("told to fail")
    return [context.function_version, context.invoked_function_arn]
"""


@pytest.fixture
def functions(sandbox: Sandbox) -> Iterator[Any]:
    """ "echo" with version 1 behind the alias "live"."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("handler.py", HANDLER)
    functions = boto3.client("lambda", region_name=WEST, endpoint_url=sandbox.endpoint)
    functions.create_function(
        FunctionName="echo",
        Runtime="python3.12",
        Role=f"arn:aws:iam::{ACCOUNT}:role/any",
        Handler="handler.handler",
        Code={"ZipFile": packed.getvalue()},
        Publish=True,
    )
    functions.create_alias(FunctionName="echo", Name="live", FunctionVersion="1")
    yield functions
    functions.delete_function(FunctionName="echo")


@pytest.fixture
def told(sandbox: Sandbox, functions: Any) -> Iterator[list[Invocation]]:
    seen: list[Invocation] = []
    sandbox.service(Lambda).observers.append(seen.append)
    yield seen
    sandbox.service(Lambda).observers.remove(seen.append)


@pytest.mark.parametrize(
    ("qualifier", "expected", "version"),
    [("live", f"{ARN}:live", "1"), ("1", f"{ARN}:1", "1"), (None, ARN, "$LATEST")],
)
def test_a_function_is_told_the_arn_that_it_was_called_by(
    functions: Any, told: list[Invocation], qualifier: str | None, expected: str, version: str
) -> None:
    named = {} if qualifier is None else {"Qualifier": qualifier}
    answer = functions.invoke(FunctionName="echo", **named)
    assert json.loads(answer["Payload"].read()) == [version, expected]
    assert (answer["ExecutedVersion"], told[0].resource, told[0].version) == (
        version,
        "echo" + expected.removeprefix(ARN),
        version,
    )


def test_a_call_that_another_service_makes_is_counted_by_the_alias_that_it_named(
    sandbox: Sandbox, told: list[Invocation]
) -> None:
    for event in ({}, {"fail": True}):
        sandbox.run(invoke_function(ACCOUNT, WEST, f"{ARN}:live", event), timeout=30)
    found = [(each.region, each.resource, each.version, each.weighted, each.error) for each in told]
    assert found == [(WEST, "echo:live", "1", False, False), (WEST, "echo:live", "1", False, True)]


def test_with_all_weight_on_the_other_version_every_call_runs_that_one(
    functions: Any, told: list[Invocation]
) -> None:
    functions.update_function_configuration(FunctionName="echo", Description="another")
    functions.publish_version(FunctionName="echo")
    weights = {"AdditionalVersionWeights": {"2": 1.0}}
    functions.update_alias(FunctionName="echo", Name="live", RoutingConfig=weights)
    answers = [functions.invoke(FunctionName="echo", Qualifier="live") for _ in range(5)]
    assert [each["ExecutedVersion"] for each in answers] == ["2"] * 5
    assert {(each.version, each.weighted) for each in told} == {("2", True)}
