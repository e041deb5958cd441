from __future__ import annotations

import asyncio
import dataclasses
import http.client
import json
import logging
import uuid
from typing import Any

import pytest

from harness.sandbox.faults import RegionDark
from harness.sandbox.requests import answers
from harness.sandbox.requests.answers import Answers, Heard
from harness.sandbox.requests.classify import Call
from harness.sandbox.requests.gateway import tell_of_failure
from harness.sandbox.sandbox import Sandbox


def attempt(number: int, call: str = "call") -> dict[str, str]:
    return {"amz-sdk-invocation-id": call, "amz-sdk-request": f"attempt={number}; max=3"}


def answered(kept: Answers, headers: dict[str, str], *messages: dict[str, Any]) -> None:
    async def send(message: dict[str, Any]) -> None:
        pass

    async def all_of_it() -> None:
        heard = Heard(send)
        for message in messages:
            await heard(message)
        kept.keep(headers, heard)

    asyncio.run(all_of_it())


START = {"type": "http.response.start", "status": 200, "headers": []}
BODY = {"type": "http.response.body", "body": b"{}"}


def test_a_second_attempt_gets_the_first_ones_answer() -> None:
    kept = Answers()
    answered(kept, attempt(1), START, BODY)
    assert kept.given(attempt(2)) == (START, BODY)
    assert kept.given(attempt(2, "another")) is None


def test_a_first_attempt_and_a_call_without_a_number_are_never_answered_for() -> None:
    kept = Answers()
    answered(kept, attempt(1), START, BODY)
    assert kept.given(attempt(1)) is None
    assert kept.given({"amz-sdk-invocation-id": "call"}) is None


def test_failures_of_the_server_and_large_answers_are_not_kept() -> None:
    kept = Answers()
    answered(kept, attempt(1, "failed"), {**START, "status": 503}, BODY)
    answered(kept, attempt(1, "large"), START, {**BODY, "body": b"x" * (answers.MOST_BYTES + 1)})
    answered(kept, {}, START, BODY)
    assert kept.given(attempt(2, "failed")) is None
    assert kept.given(attempt(2, "large")) is None


def test_only_the_last_answers_are_kept() -> None:
    kept = Answers()
    for number in range(answers.MOST_ANSWERS + 1):
        answered(kept, attempt(1, str(number)), START, BODY)
    assert kept.given(attempt(2, "0")) is None
    assert kept.given(attempt(2, "1")) == (START, BODY)


def create_alias(sandbox: Sandbox, key: str, number: int, call: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection(sandbox.endpoint.removeprefix("http://"), timeout=10)
    headers = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kms/aws4_request, "
        "SignedHeaders=host, Signature=00",
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "TrentService.CreateAlias" if key else "TrentService.CreateKey",
        **attempt(number, call),
    }
    body = json.dumps({"AliasName": f"alias/{call}", "TargetKeyId": key} if key else {})
    try:
        connection.request("POST", "/", body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    finally:
        connection.close()


@pytest.mark.sandbox
def test_an_alias_whose_answer_was_lost_on_the_way_is_not_said_to_exist(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    key = create_alias(sandbox, "", 1, uuid.uuid4().hex)[1]["KeyMetadata"]["KeyId"]
    call = uuid.uuid4().hex
    assert create_alias(sandbox, key, 1, call) == (200, {})
    with caplog.at_level(logging.INFO, logger="harness.sandbox.requests.answers"):
        assert create_alias(sandbox, key, 2, call) == (200, {})
    assert caplog.messages == ["attempt 2 of TrentService.CreateAlias: answered as before"]
    status, refused = create_alias(sandbox, key, 1, call)
    assert (status, refused["__type"]) == (400, "AlreadyExistsException")


@pytest.mark.sandbox
def test_an_answer_that_a_dark_region_swallowed_is_not_given_again(sandbox: Sandbox) -> None:
    key = create_alias(sandbox, "", 1, uuid.uuid4().hex)[1]["KeyMetadata"]["KeyId"]
    call = uuid.uuid4().hex
    assert create_alias(sandbox, key, 1, call)[0] == 200
    fault = sandbox.faults.inject(RegionDark("us-east-1", "503"))
    assert create_alias(sandbox, key, 2, call)[0] == 503
    sandbox.faults.heal(fault)


def test_a_control_plane_that_fails_without_a_fault_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    async def send(message: dict[str, Any]) -> None:
        pass

    heard = Heard(send)
    heard.messages += [{**START, "status": 500}, {**BODY, "body": b"dictionary changed size"}]
    call = Call("eu-west-1", "kms", "CreateAlias", "control", "signature")
    tell_of_failure(call, heard)
    tell_of_failure(dataclasses.replace(call, plane="data"), heard)
    assert caplog.messages == ["kms CreateAlias in eu-west-1 answered 500: dictionary changed size"]
