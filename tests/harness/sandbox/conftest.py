"""One sandbox for every test of this folder that asks for it: a process can hold only one at a time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.sandbox.server import Sandbox

ACCOUNT = "123456789012"
REGIONS = ("us-east-1", "us-west-2")


@pytest.fixture(scope="session")
def _running_sandbox() -> Iterator[Sandbox]:
    with Sandbox(account_id=ACCOUNT, regions=REGIONS) as running:
        yield running


@pytest.fixture
def sandbox(_running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox of this session, with every fault healed before and after the test."""
    _running_sandbox.faults.heal_all()
    yield _running_sandbox
    _running_sandbox.faults.heal_all()
