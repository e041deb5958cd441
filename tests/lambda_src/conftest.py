"""The functions' surroundings: environment variables as Lambda sets them, DynamoDB in memory from moto."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from tests.lambda_src.calling_functions import BUCKET, ITEMS, REGION, Handler, create_table, load
from tests.lambda_src.postgres_server import ADMINISTRATOR, PASSWORD, Server, running


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "AWS_ENDPOINT_URL",
        "AWS_PROFILE",
        "ALLOWED_ORIGINS",
        "LOG_LEVEL",
        "TABLE_ITEMS_KEY",
        "CONTROL_TABLE",
        "HEALTH_BUCKETS",
        "HEALTH_DATABASES",
    ):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "ANTIPODE_ENVIRONMENT": "prod",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "TABLE_ITEMS": ITEMS,
        "HEALTH_TABLES": json.dumps({ITEMS: "pk"}),
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session", autouse=True)
def _one_request_at_a_time() -> Iterator[None]:
    """What AWS promises of a transaction or a conditional write, and moto does not: it checks a condition and
    then writes, and replaces an object under a request that is answering, without a lock."""
    turn, process = threading.RLock(), BotocoreStubber.process_request

    def in_turn(stubber: BotocoreStubber, request: Any) -> Any:
        with turn:
            return process(stubber, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BotocoreStubber, "process_request", in_turn)
        yield


@pytest.fixture(scope="module")
def _moto() -> Iterator[Any]:
    # once per module: making a client costs more than most of the tests
    from shared import table

    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        patch.setenv("AWS_REGION", REGION)
        table.client.cache_clear()
        yield boto3.client("dynamodb", region_name=REGION)
        table.client.cache_clear()


@pytest.fixture
def database(_moto: Any) -> Any:
    """A client to look into the table `items`, which is empty."""
    # before, not after: a test may have replaced the client's calls until its very end
    for name in _moto.list_tables()["TableNames"]:
        _moto.delete_table(TableName=name)
    create_table(_moto, ITEMS)
    return _moto


@pytest.fixture
def read(database: Any) -> Handler:
    return load("read").handler


@pytest.fixture
def write(database: Any) -> Handler:
    return load("write").handler


@pytest.fixture
def health(database: Any) -> Handler:
    return load("health").handler


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server for all tests of this run; an error that says what to install if there is none."""
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def _migrated(server: Server) -> Server:
    """The server with a database `template` that has the whole schema, and the role `app`."""
    module = load("migrations")
    server.run(f"CREATE DATABASE template OWNER {ADMINISTRATOR}")
    connection = server.connect("template", ADMINISTRATOR, PASSWORD)
    module.apply(connection, module.migrations())
    module.grant(connection, "app", "first-app-password")
    connection.close()
    return server


@pytest.fixture
def orders_database(_migrated: Server, _moto: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A migrated database `orders` for each test alone, its secrets, and the functions' settings for it."""
    from shared import postgres, scram, secret

    _migrated.run(
        "DROP DATABASE IF EXISTS orders WITH (FORCE)",
        f"CREATE DATABASE orders TEMPLATE template OWNER {ADMINISTRATOR}",
        f"ALTER ROLE app PASSWORD '{scram.verifier('first-app-password')}'",
        f"ALTER ROLE {ADMINISTRATOR} PASSWORD '{scram.verifier(PASSWORD)}'",
    )
    use_database(monkeypatch, _migrated)
    secret.client.cache_clear()
    manager = boto3.client("secretsmanager", region_name=REGION)
    for name in ("admin", "app"):
        with contextlib.suppress(manager.exceptions.ResourceNotFoundException):
            manager.delete_secret(SecretId=f"prod/orders/{name}", ForceDeleteWithoutRecovery=True)
    for name, user, password in (("admin", ADMINISTRATOR, PASSWORD), ("app", "app", "first-app-password")):
        value = {"username": user, "password": password, "engine": "postgres", "dbname": "orders"}
        manager.create_secret(Name=f"prod/orders/{name}", SecretString=json.dumps(value))
    secret.forget()
    yield _migrated
    postgres.forget()
    secret.forget()
    secret.client.cache_clear()


def use_database(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    for name, value in {
        "ENDPOINT": "127.0.0.1",
        "READER_ENDPOINT": "127.0.0.1",
        "PORT": str(server.port),
        "NAME": "orders",
        "SECRET": "prod/orders/app",
        "ADMIN_SECRET": "prod/orders/admin",
    }.items():
        monkeypatch.setenv(f"DATABASE_ORDERS_{name}", value)


@pytest.fixture
def orders(orders_database: Server) -> Handler:
    return load("orders").handler


@pytest.fixture
def bucket(_moto: Any) -> str:
    """The name of a bucket, which is empty."""
    storage = boto3.resource("s3", region_name=REGION)
    # before, not after: a test may have replaced the client's calls until its very end
    for made in storage.buckets.all():
        made.objects.all().delete()
        made.delete()
    storage.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})  # type: ignore[typeddict-item]
    return BUCKET
