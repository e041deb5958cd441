"""How the tests load and call a function: `shared` on the path, as in the package, and a minimal context."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SOURCE = Path(__file__).parents[2] / "lambda_src"
# the second one is for the controller's own package, which lies beside its handler
for folder in (SOURCE, SOURCE / "failover"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

REGION = "us-west-2"
ITEMS = "prod-items"
BUCKET = "prod-files-123456789012-usw2"

Handler = Callable[[object, object], dict[str, Any]]


class Context:
    aws_request_id = "8f5cde1a-0c0f-4a6b-bd1c-6f2f6f2b8f3e"


def create_table(client: Any, name: str, *, key: str = "pk") -> None:
    client.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


def load(function: str) -> ModuleType:
    """The module handler.py of a function, under a name of its own."""
    name = f"{function}_handler"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, SOURCE / function / "handler.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def failing_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[str]:
    """Let every DynamoDB call raise; returns the names of the calls as they come."""
    calls: list[str] = []

    def fail(_client: Any, operation: str, _parameters: Any) -> Any:
        calls.append(operation)
        raise error

    monkeypatch.setattr("botocore.client.BaseClient._make_api_call", fail)
    return calls
