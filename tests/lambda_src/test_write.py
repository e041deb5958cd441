from __future__ import annotations

import base64
import datetime
import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lambda_src.calling_functions import ITEMS, Context, Handler, failing_with, load

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=15,
)


def event(body: Any, *, key: str | None = "key-1", **extra: Any) -> dict[str, Any]:
    headers = {} if key is None else {"Idempotency-Key": key}
    return {"headers": headers, "body": body if isinstance(body, str) else json.dumps(body), **extra}


def call(handler: Handler, request: object) -> tuple[int, dict[str, Any]]:
    answer = handler(request, Context())
    return answer["statusCode"], json.loads(answer["body"])


def test_a_new_item_is_stored_and_described(write: Handler, database: Any) -> None:
    status, body = call(write, event({"id": "a", "value": {"n": 1.5}}))
    written_at = body["written_at"]
    assert (status, body) == (
        201,
        {
            "id": "a",
            "value": {"n": 1.5},
            "written_at": written_at,
            "written_in": "us-west-2",
            "idempotency_key": "key-1",
            "replayed": False,
            "served_by": "us-west-2",
        },
    )
    assert database.get_item(TableName=ITEMS, Key={"pk": {"S": "a"}})["Item"] == {
        "pk": {"S": "a"},
        "value": {"S": '{"n":1.5}'},
        "written_at": {"S": written_at},
        "written_in": {"S": "us-west-2"},
        "idempotency_key": {"S": "key-1"},
    }


def test_the_key_is_recorded_for_24_hours(write: Handler, database: Any) -> None:
    _, body = call(write, event({"id": "a", "value": 1}))
    record = database.get_item(TableName=ITEMS, Key={"pk": {"S": "idempotency#key-1"}})["Item"]
    written = datetime.datetime.fromisoformat(body["written_at"])
    assert {**record, "fingerprint": {"S": "checked below"}} == {
        "pk": {"S": "idempotency#key-1"},
        "fingerprint": {"S": "checked below"},
        "item_id": {"S": "a"},
        "written_at": {"S": body["written_at"]},
        "written_in": {"S": "us-west-2"},
        "expires_at": {"N": str(int(written.timestamp()) + 24 * 60 * 60)},
    }
    assert len(record["fingerprint"]["S"]) == 64


def test_a_replay_answers_200_with_what_the_first_answer_said(
    write: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = call(write, event({"id": "a", "value": {"x": 1, "y": 2}}))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    status, again = call(write, event({"value": {"y": 2, "x": 1}, "id": "a"}))
    assert status == 200
    assert again == {**first, "replayed": True, "served_by": "us-east-1"}


def test_a_replay_does_not_undo_a_later_write(write: Handler, database: Any) -> None:
    call(write, event({"id": "a", "value": "first"}, key="key-1"))
    call(write, event({"id": "a", "value": "second"}, key="key-2"))
    assert call(write, event({"id": "a", "value": "first"}, key="key-1"))[0] == 200
    assert database.get_item(TableName=ITEMS, Key={"pk": {"S": "a"}})["Item"]["value"] == {"S": '"second"'}


@pytest.mark.parametrize("other", [{"id": "a", "value": 2}, {"id": "b", "value": 1}])
def test_the_same_key_with_another_payload_is_a_conflict(write: Handler, database: Any, other: Any) -> None:
    call(write, event({"id": "a", "value": 1}))
    assert call(write, event(other)) == (
        409,
        {
            "error": "conflict",
            "reason": "this idempotency key has already stored another payload",
            "field": "idempotency_key",
        },
    )
    assert database.scan(TableName=ITEMS)["Count"] == 2


def test_an_expired_record_that_dynamodb_has_not_removed_yet_does_not_count(
    write: Handler, database: Any
) -> None:
    call(write, event({"id": "a", "value": 1}))
    database.update_item(
        TableName=ITEMS,
        Key={"pk": {"S": "idempotency#key-1"}},
        UpdateExpression="SET expires_at = :past",
        ExpressionAttributeValues={":past": {"N": "1"}},
    )
    assert call(write, event({"id": "a", "value": 2}))[0] == 201


def test_the_key_may_come_in_the_body_instead_of_the_header(write: Handler) -> None:
    status, body = call(write, event({"id": "a", "value": 1, "idempotency_key": "in-body"}, key=None))
    assert (status, body["idempotency_key"]) == (201, "in-body")


def test_the_header_may_be_written_in_any_case(write: Handler) -> None:
    request = {"headers": {"iDEMPOTENCY-kEY": " k "}, "body": '{"id":"a","value":1}'}
    assert call(write, request)[1]["idempotency_key"] == "k"


def test_a_base64_body_is_decoded(write: Handler) -> None:
    encoded = base64.b64encode('{"id":"ä","value":1}'.encode()).decode()
    assert call(write, event(encoded, isBase64Encoded=True))[1]["id"] == "ä"


@pytest.mark.parametrize("value", [None, "", 0, 1.5, 10**40, True, [], {}, "\ud800", "日本", {"": [None]}])
def test_any_json_value_is_stored_and_returned_as_it_was(write: Handler, read: Handler, value: Any) -> None:
    assert call(write, event({"id": "a", "value": value}))[1]["value"] == value
    assert call(read, {"queryStringParameters": {"id": "a"}})[1]["value"] == value


BAD_KEY = "the idempotency key must be a string of 1 to 128 characters"


@pytest.mark.parametrize(
    ("request_event", "field", "reason"),
    [
        (event("{"), "body", "the body is not valid JSON"),
        (event("[" * 60_000), "body", "the body is not valid JSON"),
        (event('{"id":"a","value":' + "9" * 5_000 + "}"), "body", "the body is not valid JSON"),
        (event('{"id":"a","value":NaN}'), "body", "the body is not valid JSON"),
        (event("[]"), "body", "the body must be a JSON object"),
        (event("\ud800"), "body", "the body is not valid Unicode"),
        (event("%%%", isBase64Encoded=True), "body", "the body is not valid base64"),
        ({"body": ""}, "body", "a JSON body is required"),
        ({"body": None}, "body", "a JSON body is required"),
        ({"body": {}}, "body", "the body must be text"),
        (None, "body", "a JSON body is required"),
        (
            event({"id": "a", "value": 1, "colour": "red"}),
            "colour",
            "unknown field; allowed are id, idempotency_key, value",
        ),
        (event({"value": 1}), "id", "id is required"),
        (event({"id": "a"}), "value", "value is required"),
        (
            event('{"id":"a","value":1e999}'),
            "value",
            "value holds a number that is out of range, or is nested too deep",
        ),
        (event({"id": 1, "value": 1}), "id", "id must be a string"),
        (event({"id": "", "value": 1}), "id", "id must have 1 to 256 characters"),
        (event({"id": "a" * 257, "value": 1}), "id", "id must have 1 to 256 characters"),
        (event({"id": "health#x", "value": 1}), "id", "id must not start with health# or idempotency#"),
        (event({"id": "idempotency#x", "value": 1}), "id", "id must not start with health# or idempotency#"),
        (event({"id": "\ud800", "value": 1}), "id", "id must be valid Unicode"),
        (
            event({"id": "a", "value": 1}, key=None),
            "idempotency_key",
            "the header Idempotency-Key or idempotency_key is required",
        ),
        (event({"id": "a", "value": 1}, key=""), "idempotency_key", BAD_KEY),
        (event({"id": "a", "value": 1}, key="k" * 129), "idempotency_key", BAD_KEY),
        (event({"id": "a", "value": 1, "idempotency_key": 7}, key=None), "idempotency_key", BAD_KEY),
        (
            event({"id": "a", "value": 1}, key="a\nb"),
            "idempotency_key",
            "the idempotency key must be printable ASCII",
        ),
        (
            event({"id": "a", "value": 1}, key="ä"),
            "idempotency_key",
            "the idempotency key must be printable ASCII",
        ),
        (
            event({"id": "a", "value": 1, "idempotency_key": "other"}),
            "idempotency_key",
            "the header Idempotency-Key and the body disagree",
        ),
    ],
)
def test_bad_input_is_refused_with_the_field_and_the_reason(
    write: Handler, database: Any, request_event: object, field: str, reason: str
) -> None:
    assert call(write, request_event) == (400, {"error": "bad_request", "reason": reason, "field": field})
    assert database.scan(TableName=ITEMS)["Count"] == 0


def test_a_body_of_64_kb_is_accepted_and_one_byte_more_is_not(write: Handler) -> None:
    rest = len('{"id":"a","value":""}')
    assert call(write, event('{"id":"a","value":"' + "x" * (65_536 - rest) + '"}'))[0] == 201
    assert call(write, event('{"id":"a","value":"' + "x" * (65_537 - rest) + '"}')) == (
        413,
        {
            "error": "payload_too_large",
            "reason": "the body must have at most 65536 bytes, it has 65537",
            "field": "body",
        },
    )


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=ANY_JSON)
def test_no_event_whatsoever_makes_the_function_fail(write: Handler, request: Any) -> None:
    assert call(write, request)[0] in (400, 413)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.text() | ANY_JSON | st.fixed_dictionaries({"id": ANY_JSON, "value": ANY_JSON}).map(json.dumps),
    headers=ANY_JSON | st.fixed_dictionaries({"Idempotency-Key": st.text()}),
    encoded=ANY_JSON,
)
def test_no_body_and_no_header_make_the_function_fail(
    write: Handler, body: Any, headers: Any, encoded: Any
) -> None:
    request = {"body": body, "headers": headers, "isBase64Encoded": encoded}
    assert call(write, request)[0] in (200, 201, 400, 409, 413)


def client_error(code: str, *, status: int = 400, reasons: list[str] | None = None) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": ""}, "ResponseMetadata": {"HTTPStatusCode": status}}
    if reasons is not None:
        response["CancellationReasons"] = [{"Code": reason} for reason in reasons]
    return ClientError(response, "TransactWriteItems")


@pytest.mark.parametrize(
    "error",
    [
        client_error("ThrottlingException"),
        client_error("ProvisionedThroughputExceededException"),
        client_error("InternalServerError", status=500),
        client_error("ServiceUnavailable", status=503),
        client_error("Unheard", status=503),
        client_error("TransactionCanceledException", reasons=["None", "ThrottlingError"]),
        ConnectTimeoutError(endpoint_url="https://dynamodb"),
    ],
    ids=str,
)
def test_throttling_and_outages_answer_503_and_when_to_come_back(
    write: Handler, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    failing_with(monkeypatch, error)
    answer = write(event({"id": "a", "value": 1}), Context())
    assert (answer["statusCode"], answer["headers"]["Retry-After"], json.loads(answer["body"])) == (
        503,
        "1",
        {"error": "unavailable", "reason": "the table cannot be reached, try again", "field": None},
    )


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"]
)
def test_a_mistake_of_ours_is_not_called_an_outage(
    write: Handler, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], code: str
) -> None:
    failing_with(monkeypatch, client_error(code))
    assert call(write, event({"id": "a", "value": 1})) == (
        500,
        {"error": "internal_error", "reason": "the function failed, its log says why", "field": None},
    )
    line = json.loads(capsys.readouterr().out)
    assert (line["level"], code in line["stack"]) == ("ERROR", True)


def test_a_conflict_between_two_transactions_is_tried_again_and_then_called_unavailable(
    write: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load("write"), "CONFLICT_PAUSES_SECONDS", (0.0, 0.0))
    error = client_error("TransactionCanceledException", reasons=["TransactionConflict", "None"])
    calls = failing_with(monkeypatch, error)
    assert call(write, event({"id": "a", "value": 1}))[0] == 503
    assert calls == ["TransactWriteItems"] * 3


def test_of_many_requests_with_one_key_at_once_exactly_one_is_new(write: Handler) -> None:
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(call(write, event({"id": "a", "value": 1}))[0]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 7 + [201]
