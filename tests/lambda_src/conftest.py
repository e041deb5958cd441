"""The functions' surroundings: environment variables as Lambda sets them, DynamoDB in memory from moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from calling_functions import ITEMS, REGION, Handler, create_table, load
from moto import mock_aws


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "ALLOWED_ORIGINS", "LOG_LEVEL", "TABLE_ITEMS_KEY"):
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
