from __future__ import annotations

import importlib

import boto3
import pytest

from harness.sandbox.sandbox import Sandbox


@pytest.mark.sandbox
def test_a_second_sandbox_of_the_process_may_be_of_another_account() -> None:
    accounts = ("123456789012", "210987654321", "123456789012")
    found = []
    for account in accounts:
        with Sandbox(account_id=account, regions=["us-east-1"]) as sandbox:
            identity = boto3.client("sts", region_name="us-east-1").get_caller_identity()
            found.append((sandbox.run(_default_account(), timeout=10), identity["Account"]))
    assert found == [(account, account) for account in accounts]


async def _default_account() -> str:
    return str(importlib.import_module("ministack.core.responses").get_account_id())
