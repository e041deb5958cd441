from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lambda_src.calling_functions import ITEMS, Context, Handler, create_table, failing_with


def call(handler: Handler, **parameters: Any) -> tuple[int, dict[str, Any]]:
    answer = handler({"queryStringParameters": parameters}, Context())
    return answer["statusCode"], json.loads(answer["body"])


def written(write: Handler, **body: Any) -> dict[str, Any]:
    answer = write({"headers": {"Idempotency-Key": "key-1"}, "body": json.dumps(body)}, Context())
    decoded: dict[str, Any] = json.loads(answer["body"])
    return decoded


def test_an_item_is_read_with_when_and_where_it_was_written_and_who_answers(
    read: Handler, write: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = written(write, id="a b/ä", value=[1, {"x": None}])
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert call(read, id="a b/ä") == (
        200,
        {
            "id": "a b/ä",
            "value": [1, {"x": None}],
            "written_at": first["written_at"],
            "written_in": "us-west-2",
            "idempotency_key": "key-1",
            "served_by": "us-east-1",
        },
    )


def test_an_item_that_this_region_does_not_hold_is_not_found(read: Handler) -> None:
    assert call(read, id="none") == (
        404,
        {"error": "not_found", "reason": "this region holds no item with this id", "field": "id"},
    )


@pytest.mark.parametrize(
    ("parameters", "field", "reason"),
    [
        ({}, "id", "id must have 1 to 256 characters"),
        ({"id": ""}, "id", "id must have 1 to 256 characters"),
        ({"id": "a" * 257}, "id", "id must have 1 to 256 characters"),
        ({"id": "idempotency#key-1"}, "id", "id must not start with health# or idempotency#"),
        ({"id": "health#us-west-2"}, "id", "id must not start with health# or idempotency#"),
        ({"id": "a", "consistent": "yes"}, "consistent", "consistent must be true or false"),
    ],
)
def test_bad_input_is_refused_with_the_field_and_the_reason(
    read: Handler, parameters: dict[str, str], field: str, reason: str
) -> None:
    assert call(read, **parameters) == (400, {"error": "bad_request", "reason": reason, "field": field})


@pytest.mark.parametrize(
    ("parameters", "consistent"),
    [({}, False), ({"consistent": "false"}, False), ({"consistent": "true"}, True)],
)
def test_a_consistent_read_is_made_only_when_asked_for(
    read: Handler, monkeypatch: pytest.MonkeyPatch, parameters: dict[str, str], consistent: bool
) -> None:
    asked: list[Any] = []

    def record(_client: Any, _operation: str, request: Any) -> Any:
        asked.append(request)
        return {}

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", record)
    call(read, id="a", **parameters)
    assert asked == [{"TableName": ITEMS, "Key": {"pk": {"S": "a"}}, "ConsistentRead": consistent}]


def test_a_table_out_of_reach_answers_503_and_when_to_come_back(
    read: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_with(monkeypatch, EndpointConnectionError(endpoint_url="https://dynamodb"))
    answer = read({"queryStringParameters": {"id": "a"}}, Context())
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (503, "1")


def test_the_hash_key_may_have_another_name(
    read: Handler, write: Handler, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_table(database, "other", key="id")
    monkeypatch.setenv("TABLE_ITEMS", "other")
    monkeypatch.setenv("TABLE_ITEMS_KEY", "id")
    written(write, id="a", value=1)
    assert call(read, id="a")[1]["value"] == 1


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    request=st.none()
    | st.text()
    | st.lists(st.integers())
    | st.dictionaries(
        st.sampled_from(["queryStringParameters", "headers", "requestContext", "body"]),
        st.none()
        | st.text()
        | st.dictionaries(st.sampled_from(["id", "consistent", "Origin"]), st.text() | st.none()),
    )
)
def test_no_event_whatsoever_makes_the_function_fail(read: Handler, request: Any) -> None:
    assert read(request, Context())["statusCode"] in (400, 404)
