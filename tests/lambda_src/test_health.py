from __future__ import annotations

import json
import socket
import threading
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from shared import fence

from tests.lambda_src.calling_functions import (
    ITEMS,
    REGION,
    Context,
    Handler,
    create_table,
    failing_with,
    load,
)
from tests.lambda_src.postgres_server import Server

SEARCHED = '"health":"pass:prod/us-west-2"'


def call(handler: Handler) -> tuple[int, dict[str, Any]]:
    answer = handler({"httpMethod": "GET", "path": "/health"}, Context())
    return answer["statusCode"], json.loads(answer["body"])


def without_times(body: dict[str, Any]) -> dict[str, Any]:
    checks = {
        name: {k: v for k, v in check.items() if k != "milliseconds"}
        for name, check in body["checks"].items()
    }
    return {**body, "checks": checks}


def test_a_region_that_can_write_and_read_its_tables_is_healthy_and_says_so(health: Handler) -> None:
    status, body = call(health)
    assert (status, without_times(body)) == (
        200,
        {
            "service": "prod",
            "region": "us-west-2",
            "status": "pass",
            "health": "pass:prod/us-west-2",
            "checked_by": "prod/us-west-2/health",
            "checks": {"prod-items": {"status": "pass"}},
        },
    )
    assert 0 < body["checks"]["prod-items"]["milliseconds"] < 1200


def test_route_53_finds_its_search_string_in_the_first_5120_bytes(
    health: Handler, database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = {f"prod-table-{n:02d}-{'x' * 200}": "pk" for n in range(24)}
    for name in tables:
        create_table(database, name)
    monkeypatch.setenv("HEALTH_TABLES", json.dumps(tables))
    answer = health({}, Context())
    assert answer["statusCode"] == 200
    assert len(answer["body"]) > 5_120
    assert SEARCHED in answer["body"][:5_120]


def test_the_probe_leaves_its_record_under_the_regions_own_key(health: Handler, database: Any) -> None:
    call(health)
    call(health)
    items = database.scan(TableName=ITEMS)["Items"]
    assert [item["pk"] for item in items] == [{"S": f"health#{REGION}"}]
    assert set(items[0]) == {"pk", "checked_at"}


def test_one_failing_table_fails_the_region_and_is_named(
    health: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALTH_TABLES", json.dumps({ITEMS: "pk", "gone": "pk"}))
    answer = health({}, Context())
    assert (answer["statusCode"], without_times(json.loads(answer["body"]))) == (
        503,
        {
            "service": "prod",
            "region": "us-west-2",
            "status": "fail",
            "health": "fail:prod/us-west-2",
            "checked_by": "prod/us-west-2/health",
            "checks": {
                "prod-items": {"status": "pass"},
                "gone": {"status": "fail", "cause": "ResourceNotFoundException"},
            },
        },
    )
    assert SEARCHED not in answer["body"]


def test_why_a_region_is_unhealthy_is_logged_since_no_checker_keeps_it(
    health: Handler, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(health)
    assert '"unhealthy"' not in capsys.readouterr().out
    monkeypatch.setenv("HEALTH_TABLES", json.dumps({ITEMS: "pk", "gone": "pk"}))
    health({}, Context())
    unhealthy, answered = map(json.loads, capsys.readouterr().out.splitlines())
    assert (unhealthy["level"], unhealthy["causes"]) == ("WARNING", {"gone": "ResourceNotFoundException"})
    assert (answered["status"], answered["request_id"]) == (503, unhealthy["request_id"])


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem"), "ThrottlingException"),
        (ConnectTimeoutError(endpoint_url="https://dynamodb"), "ConnectTimeoutError"),
    ],
)
def test_a_table_that_cannot_be_written_fails_with_the_cause(
    health: Handler, monkeypatch: pytest.MonkeyPatch, error: Exception, cause: str
) -> None:
    calls = failing_with(monkeypatch, error)
    status, body = call(health)
    assert (status, body["checks"][ITEMS]["cause"], calls) == (503, cause, ["PutItem"])


def test_a_table_that_hangs_fails_the_region_before_route_53_gives_up(
    health: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()
    monkeypatch.setattr(
        "botocore.client.BaseClient._make_api_call", lambda *_: release.wait(timeout=30) and {}
    )
    started = time.monotonic()
    try:
        status, body = call(health)
        waited = time.monotonic() - started
    finally:
        release.set()
    assert (status, body["checks"]) == (
        503,
        {ITEMS: {"status": "fail", "milliseconds": 1200.0, "cause": "no answer in time"}},
    )
    assert 1.2 <= waited < 2


def answering(monkeypatch: pytest.MonkeyPatch, found: dict[str, Any]) -> list[str]:
    calls: list[str] = []

    def answer(_client: Any, operation: str, _request: Any) -> Any:
        calls.append(operation)
        return {} if operation == "PutItem" else found

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", answer)
    return calls


@pytest.mark.parametrize("found", [{}, {"Item": {"checked_at": {"N": "1"}}}], ids=["nothing", "stale"])
def test_a_write_that_is_acknowledged_but_not_readable_fails_the_region(
    health: Handler, monkeypatch: pytest.MonkeyPatch, found: dict[str, Any]
) -> None:
    calls = answering(monkeypatch, found)
    status, body = call(health)
    cause = "the record read back is older than the one written"
    assert (status, body["checks"][ITEMS]["cause"]) == (503, cause)
    assert calls == ["PutItem", "GetItem"]


def test_a_record_that_a_clock_far_ahead_has_left_does_not_hide_that_writes_are_lost(
    health: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = str(time.time_ns() + 10**12)
    calls = answering(monkeypatch, {"Item": {"checked_at": {"N": ahead}}})
    assert call(health)[0] == 503
    assert calls == ["PutItem", "GetItem"] * 2


def test_a_record_that_a_clock_far_ahead_has_left_does_not_fail_the_region(
    health: Handler, database: Any
) -> None:
    ahead = time.time_ns() + 10**12
    item = {"pk": {"S": f"health#{REGION}"}, "nonce": {"S": "of before"}, "checked_at": {"N": str(ahead)}}
    database.put_item(TableName=ITEMS, Item=item)
    assert call(health)[0] == 200
    (item,) = database.scan(TableName=ITEMS)["Items"]
    assert item == {"pk": {"S": f"health#{REGION}"}, "checked_at": {"N": str(ahead + 1)}}


def test_fifteen_checkers_at_once_all_find_the_region_healthy(health: Handler) -> None:
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(call(health)[0])) for _ in range(15)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 15


@pytest.mark.parametrize("value", [None, "", "{", "[]", '{"t": 1}', '{"t": ""}'])
def test_tables_that_are_not_configured_are_never_reported_as_healthy(
    health: Handler, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is None:
        monkeypatch.delenv("HEALTH_TABLES")
    else:
        monkeypatch.setenv("HEALTH_TABLES", value)
    status, body = call(health)
    assert (status, body["status"], list(body["checks"])) == (503, "fail", ["configuration"])
    assert "HEALTH_TABLES" in body["checks"]["configuration"]["cause"]


def test_an_environment_without_tables_is_healthy_when_its_function_answers(
    health: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALTH_TABLES", "{}")
    status, body = call(health)
    assert (status, body["checks"]) == (200, {})


# ---------------------------------------------------------------- databases, buckets, admission


def test_databases_and_buckets_are_checked_beside_the_tables(
    health: Handler, orders_database: Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALTH_DATABASES", '["orders"]')
    monkeypatch.setenv("HEALTH_BUCKETS", json.dumps([bucket]))
    status, body = call(health)
    assert (status, without_times(body)["checks"]) == (
        200,
        {name: {"status": "pass"} for name in (ITEMS, bucket, "orders")},
    )


def test_a_database_that_does_not_answer_fails_the_region(
    health: Handler, orders_database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEALTH_DATABASES", '["orders"]')
    monkeypatch.setenv("DATABASE_ORDERS_PORT", "1")
    monkeypatch.setenv("DATABASE_ORDERS_READER_ENDPOINT", "127.0.0.1")
    status, body = call(health)
    assert (status, body["checks"]["orders"]["status"]) == (503, "fail")
    assert body["checks"]["orders"]["cause"] == "InterfaceError"


def test_a_database_that_hangs_fails_the_region_before_route_53_gives_up(
    health: Handler, orders_database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("HEALTH_DATABASES", '["orders"]')
        monkeypatch.setenv("DATABASE_ORDERS_PORT", str(silent.getsockname()[1]))
        started = time.monotonic()
        status, body = call(health)
        waited = time.monotonic() - started
    assert (status, body["checks"]["orders"]["status"]) == (503, "fail")
    assert waited < 2


def test_a_bucket_that_is_gone_fails_the_region(health: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEALTH_BUCKETS", '["gone"]')
    status, body = call(health)
    assert (status, body["checks"]["gone"]["cause"]) == (503, "NoSuchBucket")


@pytest.mark.parametrize(
    ("admission", "cause"),
    [
        (None, "not confirmed: the controller has not run here yet"),
        ({"serving": False, "reason": "retired"}, "not serving: retired"),
        (
            {"serving_until": 1.0},
            "not confirmed: the controller of this region does not reach a majority of the voters",
        ),
        ({}, None),
    ],
)
def test_a_region_that_the_controller_does_not_let_serve_is_not_healthy(
    health: Handler,
    database: Any,
    monkeypatch: pytest.MonkeyPatch,
    admission: dict[str, Any] | None,
    cause: str | None,
) -> None:
    create_table(database, "prod-control")
    monkeypatch.setenv("CONTROL_TABLE", "prod-control")
    fence.forget()
    if admission is not None:
        found = {"serving": True, "serving_until": time.time() + 20, "reason": "", **admission}
        database.put_item(
            TableName="prod-control",
            Item={
                "pk": {"S": "admission"},
                "serving": {"BOOL": found["serving"]},
                "serving_until": {"N": str(found["serving_until"])},
                "reason": {"S": found["reason"]},
            },
        )
    status, body = call(health)
    fence.forget()
    check = {"status": "pass"} if cause is None else {"status": "fail", "cause": cause}
    assert (status, without_times(body)["checks"]["admission"]) == (200 if cause is None else 503, check)


@pytest.mark.parametrize("variable", ["HEALTH_DATABASES", "HEALTH_BUCKETS"])
@pytest.mark.parametrize("value", ["{", "{}", "[1]", '[""]'])
def test_a_list_that_is_wrong_is_never_reported_as_healthy(
    health: Handler, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    status, body = call(health)
    assert (status, body["checks"]["configuration"]["cause"]) == (
        503,
        f"{variable} must be a JSON list of names",
    )


def test_the_budget_leaves_room_for_a_cold_start_within_route_53s_two_seconds() -> None:
    module = load("health")
    assert (module.BUDGET_SECONDS, module.CALL_SECONDS) == (1.2, 0.5)
