from __future__ import annotations

import json
from typing import Any

import pytest
from shared import environment, logs, table
from shared.responses import cors_headers

from tests.lambda_src.calling_functions import Context, Handler, create_table

ONE, TWO = "https://example.com", "https://www.example.com"


@pytest.mark.parametrize(
    ("allowed", "origin", "headers"),
    [
        ((), ONE, {}),
        (("*",), ONE, {"Access-Control-Allow-Origin": "*"}),
        ((ONE, "*"), None, {"Access-Control-Allow-Origin": "*"}),
        ((ONE,), ONE, {"Access-Control-Allow-Origin": ONE}),
        ((ONE,), "https://evil.test", {"Access-Control-Allow-Origin": ONE}),
        ((ONE, TWO), TWO, {"Access-Control-Allow-Origin": TWO, "Vary": "Origin"}),
        ((ONE, TWO), "https://evil.test", {"Vary": "Origin"}),
        ((ONE, TWO), None, {"Vary": "Origin"}),
    ],
)
def test_a_browser_is_told_one_allowed_origin_and_caches_when_it_varies(
    allowed: tuple[str, ...], origin: str | None, headers: dict[str, str]
) -> None:
    assert cors_headers(origin, allowed) == headers


def test_every_answer_carries_the_cors_headers_of_the_environment(
    read: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_ORIGINS", f"{ONE}, {TWO}")
    answer = read({"headers": {"origin": TWO}}, Context())
    assert (answer["statusCode"], answer["headers"]) == (
        400,
        {
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            "Access-Control-Allow-Origin": TWO,
            "Vary": "Origin",
        },
    )


def test_a_request_is_one_line_of_json_with_its_ids(
    read: Handler, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(
        "_X_AMZN_TRACE_ID", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"
    )
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "prod-read-usw2")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_VERSION", "8")
    read({"requestContext": {"requestId": "api-1"}, "queryStringParameters": {"id": "none"}}, Context())
    line: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert line == {
        "timestamp": line["timestamp"],
        "level": "INFO",
        "message": "answered",
        "environment": "prod",
        "region": "us-west-2",
        "function": "prod-read-usw2",
        "version": "8",
        "request_id": Context.aws_request_id,
        "trace_id": "1-5759e988-bd862e3fe1be46a994272793",
        "status": 404,
        "milliseconds": line["milliseconds"],
        "api_request_id": "api-1",
        "reason": "this region holds no item with this id",
        "field": "id",
    }


@pytest.mark.parametrize(("level", "lines"), [("DEBUG", 2), ("info", 2), ("ERROR", 1), ("nonsense", 2)])
def test_the_log_level_holds_back_what_is_less_grave(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], level: str, lines: int
) -> None:
    monkeypatch.setenv("LOG_LEVEL", level)
    logs.log("INFO", "one")
    logs.log("ERROR", "two")
    assert len(capsys.readouterr().out.splitlines()) == lines


@pytest.mark.parametrize(
    ("header", "trace"), [(None, None), ("", None), ("Sampled=0", None), ("Root=1-a;x", "1-a")]
)
def test_a_missing_trace_is_no_trace(header: str | None, trace: str | None) -> None:
    assert logs.trace_id(header) == trace


def test_the_client_is_made_once_per_worker(database: Any) -> None:
    create_table(database, "another")
    assert table.client() is table.client()


def test_the_client_gives_up_before_the_functions_own_limit() -> None:
    table.client.cache_clear()
    config = table.client().meta.config
    connect, read = config.connect_timeout, config.read_timeout
    attempts = config.retries["total_max_attempts"]
    # botocore's standard mode waits up to one second before the second attempt
    assert attempts * (connect + read) + (attempts - 1) * 1 == 4.0


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TABLE_ITEMS")
    with pytest.raises(environment.Misconfigured) as raised:
        environment.table()
    assert str(raised.value) == "the environment variable TABLE_ITEMS is not set"
