from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lambda_src.calling_functions import REGION, Context, Handler, failing_with, load


@pytest.fixture
def files(bucket: str, monkeypatch: pytest.MonkeyPatch) -> Handler:
    monkeypatch.setenv("BUCKET_FILES", bucket)
    module = load("files")
    module.client.cache_clear()
    return module.handler


def post(body: Any, *, key: str = "key-1") -> dict[str, Any]:
    return {"httpMethod": "POST", "headers": {"Idempotency-Key": key}, "body": json.dumps(body)}


def get(identifier: str) -> dict[str, Any]:
    return {"httpMethod": "GET", "queryStringParameters": {"id": identifier}}


def call(handler: Handler, request: object) -> tuple[int, dict[str, Any]]:
    answer = handler(request, Context())
    return answer["statusCode"], json.loads(answer["body"])


def test_a_file_is_stored_and_read_back_as_it_was_sent(files: Handler) -> None:
    status, body = call(files, post({"id": "a b/ä", "value": {"n": 1.5}}))
    assert (status, body) == (
        201,
        {
            "id": "a b/ä",
            "value": {"n": 1.5},
            "written_at": body["written_at"],
            "written_in": REGION,
            "idempotency_key": "key-1",
            "replayed": False,
            "served_by": REGION,
        },
    )
    assert call(files, get("a b/ä")) == (
        200,
        {name: value for name, value in body.items() if name != "replayed"},
    )


def test_a_file_that_is_not_there_is_not_found(files: Handler) -> None:
    assert call(files, get("none")) == (
        404,
        {"error": "not_found", "reason": "this region holds no file with this id", "field": "id"},
    )


def test_the_same_key_again_is_answered_with_what_the_first_answer_said(
    files: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = call(files, post({"id": "a", "value": {"x": 1, "y": 2}}))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert call(files, post({"value": {"y": 2, "x": 1}, "id": "a"})) == (
        200,
        {**first, "replayed": True, "served_by": "us-east-1"},
    )


@pytest.mark.parametrize("other", [{"id": "a", "value": 2}, {"id": "b", "value": 1}])
def test_the_same_key_with_another_payload_is_a_conflict(files: Handler, other: Any) -> None:
    call(files, post({"id": "a", "value": 1}))
    assert call(files, post(other))[0] == 409
    assert call(files, get("a"))[1]["value"] == 1


def test_a_replay_does_not_undo_a_later_write(files: Handler) -> None:
    call(files, post({"id": "a", "value": "first"}, key="key-1"))
    call(files, post({"id": "a", "value": "second"}, key="key-2"))
    assert call(files, post({"id": "a", "value": "first"}, key="key-1"))[0] == 200
    assert call(files, get("a"))[1]["value"] == "second"


def test_a_write_that_died_after_its_record_is_finished_by_its_retry(
    files: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = load("files")
    genuine = module._write

    def dying(key: str, document: Any, *, new: bool = False) -> Any:
        if not new:
            raise RuntimeError("the worker died")
        return genuine(key, document, new=new)

    monkeypatch.setattr(module, "_write", dying)
    assert call(files, post({"id": "a", "value": 1}))[0] == 500
    monkeypatch.setattr(module, "_write", genuine)
    assert call(files, get("a"))[0] == 404
    assert call(files, post({"id": "a", "value": 1}))[0] == 200
    assert call(files, get("a"))[1]["value"] == 1


def test_of_many_requests_with_one_key_at_once_exactly_one_is_new(files: Handler) -> None:
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(call(files, post({"id": "a", "value": 1}))[0]))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 5 + [201]


@pytest.mark.parametrize(
    ("request_event", "status", "reason"),
    [
        (post({"id": "a"}), 400, "value is required"),
        (post({"id": "health#x", "value": 1}), 400, "id must not start with health# or idempotency#"),
        ({"httpMethod": "GET"}, 400, "id must have 1 to 256 characters"),
        ({"httpMethod": "DELETE"}, 405, "only GET and POST are allowed"),
    ],
)
def test_bad_input_is_refused_with_the_reason(
    files: Handler, request_event: object, status: int, reason: str
) -> None:
    answered, body = call(files, request_event)
    assert (answered, body["reason"]) == (status, reason)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ClientError({"Error": {"Code": "SlowDown"}}, "PutObject"), 503),
        (ClientError({"Error": {"Code": "ConditionalRequestConflict"}}, "PutObject"), 503),
        (ConnectTimeoutError(endpoint_url="https://s3"), 503),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject"), 500),
    ],
    ids=str,
)
def test_outages_answer_503_and_mistakes_of_ours_500(
    files: Handler, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    failing_with(monkeypatch, error)
    assert call(files, post({"id": "a", "value": 1}))[0] == status
    assert call(files, get("a"))[0] == status


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=st.none() | st.text() | st.dictionaries(st.sampled_from(["body", "httpMethod"]), st.text()))
def test_no_event_whatsoever_makes_the_function_fail(files: Handler, request: Any) -> None:
    assert call(files, request)[0] in (400, 405)
