from __future__ import annotations

from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

CASE = {
    "function_name": "prod-migrations-use1",
    "code_sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    "payload": {"database": "orders"},
}


def invocation(plan_module: Planner, case: dict[str, Any]) -> dict[str, Any]:
    planned = plan_module("compute/migration", case).modules["module.this"].resources
    return dict(planned["aws_lambda_invocation.this"]["values"])


def test_the_function_is_called_once_for_each_package(plan_module: Planner) -> None:
    called = invocation(plan_module, CASE)
    assert (called["function_name"], called["qualifier"], called["input"], called["triggers"]) == (
        "prod-migrations-use1",
        "live",
        '{"database":"orders"}',
        {"code_sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
    )


def test_nothing_is_run_when_it_is_destroyed(plan_module: Planner) -> None:
    assert invocation(plan_module, CASE)["lifecycle_scope"] == "CREATE_ONLY"
