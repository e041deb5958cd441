from __future__ import annotations

import json
import threading
import time
from typing import Any

import pg8000.native
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lambda_src.calling_functions import REGION, Context, Handler, load
from tests.lambda_src.postgres_server import Server

CONTROL = "prod-control"


def post(body: Any, *, key: str | None = "key-1", now: float | None = None) -> dict[str, Any]:
    headers = {} if key is None else {"Idempotency-Key": key}
    context = {} if now is None else {"requestTimeEpoch": int(now * 1000)}
    return {
        "httpMethod": "POST",
        "headers": headers,
        "body": body if isinstance(body, str) else json.dumps(body),
        "requestContext": context,
    }


def get(identifier: str) -> dict[str, Any]:
    return {"httpMethod": "GET", "queryStringParameters": {"id": identifier}}


def call(handler: Handler, request: object) -> tuple[int, dict[str, Any]]:
    answer = handler(request, Context())
    return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def guarded(orders: Handler, database: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A control table whose admission a test can set."""
    from shared import fence

    from tests.lambda_src.calling_functions import create_table

    create_table(database, CONTROL)
    monkeypatch.setenv("CONTROL_TABLE", CONTROL)
    fence.forget()
    yield lambda **changes: admit(database, **changes)
    fence.forget()


def admit(database: Any, **changes: Any) -> None:
    values = {
        "epoch": 3,
        "writer": REGION,
        "until": time.time() + 20,
        "serving": True,
        "serving_until": time.time() + 20,
        "reason": "",
        **changes,
    }
    kinds = {bool: "BOOL", str: "S", int: "N", float: "N"}
    item = {
        name: {kinds[type(value)]: value if isinstance(value, bool) else str(value)}
        for name, value in values.items()
    }
    database.put_item(TableName=CONTROL, Item={"pk": {"S": "admission"}, **item})


def test_a_new_order_is_stored_and_read_back_as_it_was_sent(orders: Handler, orders_database: Server) -> None:
    status, body = call(orders, post({"id": "a b/ä", "value": {"n": 1.5, "x": [None, True, "日本"]}}))
    assert (status, body) == (
        201,
        {
            "id": "a b/ä",
            "value": {"n": 1.5, "x": [None, True, "日本"]},
            "written_at": body["written_at"],
            "written_in": REGION,
            "idempotency_key": "key-1",
            "replayed": False,
            "served_by": REGION,
        },
    )
    found = call(orders, get("a b/ä"))
    assert found == (200, {name: value for name, value in body.items() if name != "replayed"})
    rows = orders_database.run("SELECT key, order_id, epoch FROM orders.idempotency", database="orders")
    assert rows == [["key-1", "a b/ä", 0]]


def test_an_order_that_is_not_there_is_not_found(orders: Handler) -> None:
    assert call(orders, get("none")) == (
        404,
        {"error": "not_found", "reason": "this region holds no order with this id", "field": "id"},
    )


def test_the_same_key_again_is_answered_with_what_the_first_answer_said(
    orders: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first = call(orders, post({"id": "a", "value": {"x": 1, "y": 2}}))
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert call(orders, post({"value": {"y": 2, "x": 1}, "id": "a"})) == (
        200,
        {**first, "replayed": True, "served_by": "us-east-1"},
    )


@pytest.mark.parametrize("other", [{"id": "a", "value": 2}, {"id": "b", "value": 1}])
def test_the_same_key_with_another_payload_is_a_conflict(orders: Handler, other: Any) -> None:
    call(orders, post({"id": "a", "value": 1}))
    assert call(orders, post(other)) == (
        409,
        {
            "error": "conflict",
            "reason": "this idempotency key has already stored another payload",
            "field": "idempotency_key",
        },
    )
    assert call(orders, get("b"))[0] == 404


def test_a_replay_does_not_undo_a_later_order(orders: Handler) -> None:
    call(orders, post({"id": "a", "value": "first"}, key="key-1"))
    call(orders, post({"id": "a", "value": "second"}, key="key-2"))
    assert call(orders, post({"id": "a", "value": "first"}, key="key-1"))[0] == 200
    assert call(orders, get("a"))[1]["value"] == "second"


def test_of_many_requests_with_one_key_at_once_exactly_one_is_new(
    orders_database: Server, orders: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared import postgres

    # each thread as a worker of its own
    monkeypatch.setattr(postgres, "_connections", threading.local().__dict__)
    statuses: list[int] = []
    lock = threading.Lock()

    def ask() -> None:
        target = postgres.database("orders")
        connection = postgres.connect(
            target,
            postgres.Session("127.0.0.1", False),
            {"username": "app", "password": "first-app-password"},
        )
        asked = load("orders").payload(post({"id": "a", "value": 1}))
        stored = load("orders")._store(connection, asked, 0)
        with lock:
            statuses.append(200 if stored.replayed else 201)
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 7 + [201]


@pytest.mark.parametrize(
    ("request_event", "status", "reason"),
    [
        (post("{"), 400, "the body is not valid JSON"),
        (post({"id": "a"}), 400, "value is required"),
        (post({"id": "a\u0000", "value": 1}), 400, "id must not hold a NUL character"),
        (post({"id": "health#x", "value": 1}), 400, "id must not start with health# or idempotency#"),
        (get("a\u0000"), 400, "id must not hold a NUL character"),
        ({"httpMethod": "GET"}, 400, "id must have 1 to 256 characters"),
        ({"httpMethod": "DELETE"}, 405, "only GET and POST are allowed"),
    ],
)
def test_bad_input_is_refused_with_the_reason(
    orders: Handler, request_event: object, status: int, reason: str
) -> None:
    answered, body = call(orders, request_event)
    assert (answered, body["reason"]) == (status, reason)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(identifier=st.text(min_size=1, max_size=40), value=st.recursive(st.none() | st.text(), st.lists))
def test_whatever_can_be_sent_is_stored_as_it_was_or_refused(
    orders: Handler, identifier: str, value: Any
) -> None:
    key = str(time.monotonic_ns())
    status, _ = call(orders, post({"id": identifier, "value": value}, key=key))
    assert status in (201, 400)
    if status == 201:
        assert call(orders, get(identifier))[1]["value"] == value


# ---------------------------------------------------------------- the fence


def test_under_an_admission_the_row_bears_its_epoch(
    guarded: Any, orders: Handler, orders_database: Server
) -> None:
    guarded()
    assert call(orders, post({"id": "a", "value": 1}))[0] == 201
    assert orders_database.run("SELECT epoch FROM orders.orders", database="orders") == [[3]]


def test_without_any_admission_nothing_is_written(guarded: Any, orders: Handler) -> None:
    assert call(orders, post({"id": "a", "value": 1})) == (
        503,
        {"error": "fenced", "reason": "no region has been admitted as the writer yet", "field": None},
    )
    assert call(orders, get("a"))[0] == 404


def test_after_the_admission_has_ended_nothing_is_written(guarded: Any, orders: Handler) -> None:
    guarded(until=time.time() - 0.001)
    status, body = call(orders, post({"id": "a", "value": 1}))
    assert (status, body["error"], body["reason"]) == (
        503,
        "fenced",
        "the admission of epoch 3 has ended, another writer is being found",
    )
    assert call(orders, get("a"))[0] == 404


def test_the_time_is_that_of_the_request_when_the_worker_is_behind(guarded: Any, orders: Handler) -> None:
    guarded(until=time.time() + 100)
    assert call(orders, post({"id": "a", "value": 1}, now=time.time() + 101))[1]["error"] == "fenced"
    assert call(orders, post({"id": "a", "value": 1}, now=time.time() - 1000))[0] == 201


def test_the_database_refuses_an_epoch_below_its_fence(
    guarded: Any, orders: Handler, orders_database: Server
) -> None:
    guarded()
    orders_database.run("SELECT antipode.raise_fence(4)", database="orders")
    assert call(orders, post({"id": "a", "value": 1})) == (
        503,
        {
            "error": "fenced",
            "reason": "epoch 3 is over: the database takes writes of a later one only",
            "field": None,
        },
    )
    assert orders_database.run("SELECT count(*) FROM orders.idempotency", database="orders") == [[0]]
    guarded(epoch=4)
    time.sleep(1.05)
    assert call(orders, post({"id": "a", "value": 1}))[0] == 201


def test_the_fence_waits_for_the_writes_under_way_and_goes_before_those_that_come(
    orders_database: Server,
) -> None:
    writer = orders_database.connect("orders", "app", "first-app-password")
    insert = (
        "INSERT INTO orders.idempotency VALUES ('{0}', 'f', 'o', 't', 'r', 'a', 3)"
        " ON CONFLICT (key) DO UPDATE SET key = EXCLUDED.key"
    )
    writer.run("START TRANSACTION")
    writer.run(insert.format("early"))
    order: list[str] = []

    def raise_fence() -> None:
        orders_database.run("SELECT antipode.raise_fence(4)", database="orders")
        order.append("fence")

    def write_late() -> None:
        late = orders_database.connect("orders", "app", "first-app-password")
        with pytest.raises(pg8000.native.DatabaseError) as refused:
            late.run(insert.format("late"))
        assert refused.value.args[0]["C"] == "AP001"
        order.append("late")
        late.close()

    threads = [threading.Thread(target=raise_fence), threading.Thread(target=write_late)]
    threads[0].start()
    time.sleep(0.3)
    threads[1].start()
    time.sleep(0.3)
    assert order == []
    writer.run("COMMIT")
    for thread in threads:
        thread.join(timeout=10)
    writer.close()
    assert sorted(order) == ["fence", "late"]
    keys = orders_database.run("SELECT key FROM orders.idempotency", database="orders")
    assert keys == [["early"]]


def test_the_fence_cannot_be_deceived_by_an_old_snapshot(orders_database: Server) -> None:
    writer = orders_database.connect("orders", "app", "first-app-password")
    writer.run("START TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    writer.run("SELECT count(*) FROM orders.orders")
    orders_database.run("SELECT antipode.raise_fence(4)", database="orders")
    with pytest.raises(pg8000.native.DatabaseError) as refused:
        writer.run("INSERT INTO orders.idempotency VALUES ('k', 'f', 'o', 't', 'r', 'a', 3)")
    assert refused.value.args[0]["C"] == "AP002"
    writer.close()


def test_the_fence_never_goes_back_and_the_application_cannot_move_it(orders_database: Server) -> None:
    assert orders_database.run("SELECT antipode.raise_fence(7)", database="orders") == [[7]]
    assert orders_database.run("SELECT antipode.raise_fence(2)", database="orders") == [[7]]
    application = orders_database.connect("orders", "app", "first-app-password")
    with pytest.raises(pg8000.native.DatabaseError) as refused:
        application.run("SELECT antipode.raise_fence(9)")
    assert refused.value.args[0]["C"] == "42501"
    application.close()


def test_a_write_that_outlives_its_admission_is_not_acknowledged_and_its_retry_finds_it(
    guarded: Any, orders: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded(until=time.time() + 0.5)
    module = load("orders")
    genuine = module._store

    def slow(*arguments: Any) -> Any:
        stored = genuine(*arguments)
        time.sleep(0.6)
        return stored

    monkeypatch.setattr(module, "_store", slow)
    status, body = call(orders, post({"id": "a", "value": 1}))
    assert (status, body["reason"]) == (503, "the admission of epoch 3 ended while the write was under way")
    monkeypatch.setattr(module, "_store", genuine)
    guarded(epoch=4)
    time.sleep(1.05)
    assert call(orders, post({"id": "a", "value": 1}))[0] == 200


# ---------------------------------------------------------------- sessions


def sessions_opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    from shared import postgres

    opened: list[Any] = []
    genuine = postgres.connect

    def connect(target: Any, session: Any, *arguments: Any, **options: Any) -> Any:
        opened.append(session)
        return genuine(target, session, *arguments, **options)

    monkeypatch.setattr(postgres, "connect", connect)
    return opened


def test_the_writers_region_writes_at_the_writer_and_any_other_forwards_from_its_reader(
    guarded: Any, orders: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared import postgres

    monkeypatch.setenv("DATABASE_ORDERS_ENDPOINT", "localhost")
    opened = sessions_opened(monkeypatch)
    guarded()
    call(orders, post({"id": "a", "value": 1}))
    guarded(writer="us-east-1")
    time.sleep(1.05)
    call(orders, post({"id": "b", "value": 1}, key="key-2"))
    call(orders, get("a"))
    assert opened == [
        postgres.Session("localhost", forwards=False),
        postgres.Session("127.0.0.1", forwards=True),
        postgres.Session("127.0.0.1", forwards=False),
    ]


def test_a_session_that_forwards_asks_for_it_and_no_other_does(orders_database: Server) -> None:
    from shared import postgres

    credentials = {"username": "app", "password": "first-app-password"}
    asked = {}
    for forwards in (False, True):
        connection = postgres.connect(
            postgres.database("orders"), postgres.Session("127.0.0.1", forwards), credentials
        )
        asked[forwards] = connection.run(
            "SELECT current_setting('apg_write_forward.consistency_mode', true),"
            " current_setting('statement_timeout')"
        )
        connection.close()
    assert asked == {False: [[None, "2s"]], True: [["session", "2s"]]}


def test_a_connection_is_kept_and_one_that_died_is_replaced(
    orders: Handler, orders_database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = sessions_opened(monkeypatch)
    for number in range(3):
        assert call(orders, post({"id": "a", "value": number}, key=f"key-{number}"))[0] == 201
    assert len(opened) == 1
    orders_database.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app' AND datname = 'orders'"
    )
    assert call(orders, post({"id": "a", "value": 9}, key="key-9"))[0] in (201, 503)
    assert call(orders, post({"id": "a", "value": 9}, key="key-9"))[0] in (200, 201)


def test_a_password_that_was_rotated_is_fetched_again_once(
    orders: Handler, orders_database: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    import boto3
    from shared import postgres, scram

    assert call(orders, get("a"))[0] == 404
    orders_database.run(f"ALTER ROLE app PASSWORD '{scram.verifier('second')}'")
    boto3.client("secretsmanager", region_name=REGION).put_secret_value(
        SecretId="prod/orders/app", SecretString=json.dumps({"username": "app", "password": "second"})
    )
    postgres.forget()
    opened = sessions_opened(monkeypatch)
    assert call(orders, get("a"))[0] == 404
    assert len(opened) == 2


def test_a_database_that_takes_no_writes_answers_503_and_reads_go_on(
    orders: Handler, orders_database: Server
) -> None:
    from shared import postgres

    orders_database.run("ALTER DATABASE orders SET default_transaction_read_only = on")
    postgres.forget()
    status, body = call(orders, post({"id": "a", "value": 1}))
    assert (status, body) == (
        503,
        {"error": "not_writable", "reason": "the database does not take this now: 25006", "field": None},
    )
    assert call(orders, get("a"))[0] == 404


def test_a_database_out_of_reach_answers_503_at_once(
    orders: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_ORDERS_PORT", "1")
    started = time.monotonic()
    status, body = call(orders, post({"id": "a", "value": 1}))
    assert (status, body["error"]) == (503, "not_writable")
    assert time.monotonic() - started < 2


def test_a_loopback_address_alone_is_not_encrypted() -> None:
    from shared import postgres

    assert postgres._encryption("127.0.3.1") is False
    assert postgres._encryption("localhost") is False
    assert postgres._encryption("prod-orders-use1.cluster-x.us-east-1.rds.amazonaws.com")
