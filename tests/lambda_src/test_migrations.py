"""Migrations against a real PostgreSQL server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pg8000.native
import pytest

from tests.lambda_src.calling_functions import REGION, Context, load
from tests.lambda_src.postgres_server import ADMINISTRATOR, PASSWORD, Server

NAMES = ["0001_fence", "0002_orders", "0003_reconcile"]


@pytest.fixture
def empty(orders_database: Server) -> Iterator[Server]:
    """The database without a schema, the server without the role."""
    orders_database.run(
        "DROP SCHEMA orders CASCADE",
        "DROP SCHEMA antipode CASCADE",
        "DROP TABLE public.schema_migrations",
        database="orders",
    )
    manager = boto3.client("secretsmanager", region_name=REGION)
    manager.put_secret_value(
        SecretId="prod/orders/app",
        SecretString=json.dumps({"username": "fresh-app", "password": "p4ss'word"}),
    )
    orders_database.run('DROP ROLE IF EXISTS "fresh-app"')
    yield orders_database
    orders_database.run("DROP DATABASE orders WITH (FORCE)", 'DROP ROLE IF EXISTS "fresh-app"')


def migrate() -> dict[str, Any]:
    answer: dict[str, Any] = load("migrations").handler({"database": "orders"}, Context())
    return answer


def test_the_first_time_everything_is_made_and_the_second_nothing_is_changed(empty: Server) -> None:
    assert migrate() == {"database": "orders", "applied": NAMES, "in_force": NAMES}
    assert migrate() == {"database": "orders", "applied": [], "in_force": NAMES}
    assert empty.run("SELECT epoch FROM antipode.fence", database="orders") == [[0]]


def test_the_application_may_write_orders_and_nothing_else(empty: Server) -> None:
    migrate()
    application = empty.connect("orders", "fresh-app", "p4ss'word")
    application.run("INSERT INTO orders.orders VALUES ('a', '1', 't', 'r', 'k', 1)")
    assert application.run("SELECT id FROM orders.orders") == [["a"]]
    for forbidden in (
        "DELETE FROM orders.orders",
        "CREATE TABLE orders.more (id int)",
        "SELECT * FROM antipode.fence",
        "UPDATE antipode.fence SET epoch = 9",
        "SELECT antipode.raise_fence(9)",
        "ALTER TABLE orders.orders DISABLE TRIGGER ALL",
    ):
        with pytest.raises(pg8000.native.DatabaseError) as refused:
            application.run(forbidden)
        assert refused.value.args[0]["C"] == "42501", forbidden
    application.close()


def test_a_password_that_was_rotated_since_is_left_alone(empty: Server) -> None:
    from shared import scram

    migrate()
    empty.run(f"ALTER ROLE \"fresh-app\" PASSWORD '{scram.verifier('rotated')}'")
    migrate()
    empty.connect("orders", "fresh-app", "rotated").close()


def test_what_fails_leaves_nothing_behind(empty: Server, tmp_path: Path) -> None:
    module = load("migrations")
    (tmp_path / "0001_good.sql").write_text("CREATE TABLE good (id int);")
    (tmp_path / "0002_bad.sql").write_text("CREATE TABLE bad (id int); SELECT nothing;")
    connection = empty.connect("orders", ADMINISTRATOR, PASSWORD)
    with pytest.raises(pg8000.native.DatabaseError):
        module.apply(connection, module.migrations(tmp_path))
    connection.close()
    assert empty.run("SELECT to_regclass('good'), to_regclass('bad')", database="orders") == [[None, None]]


def test_a_migration_that_was_edited_after_it_was_applied_is_refused(empty: Server, tmp_path: Path) -> None:
    module = load("migrations")
    file = tmp_path / "0001_first.sql"
    file.write_text("CREATE TABLE first (id int);")
    connection = empty.connect("orders", ADMINISTRATOR, PASSWORD)
    assert module.apply(connection, module.migrations(tmp_path)) == ["0001_first"]
    file.write_text("CREATE TABLE first (id bigint);")
    with pytest.raises(module.Changed) as refused:
        module.apply(connection, module.migrations(tmp_path))
    assert str(refused.value) == ("0001_first has been applied and edited since: add a new migration instead")
    connection.close()


def test_two_at_once_apply_everything_once(empty: Server) -> None:
    module = load("migrations")
    applied: list[list[str]] = []

    def run() -> None:
        connection = empty.connect("orders", ADMINISTRATOR, PASSWORD)
        applied.append(module.apply(connection, module.migrations()))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied) == [[], [], NAMES]


def test_a_failure_is_raised_for_terraform_to_see(empty: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_ORDERS_PORT", "1")
    with pytest.raises(Exception, match="the database does not answer"):
        migrate()
