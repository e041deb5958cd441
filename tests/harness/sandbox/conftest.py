"""One sandbox per file of tests that asks for one: a process can hold only one at a time, and tests that use
the emulators without it must find them as they are. It starts in 0.3 s."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.sandbox.sandbox import Sandbox

ACCOUNT = "123456789012"
REGIONS = ("us-east-1", "us-west-2")


@pytest.fixture(scope="module")
def _running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    # made now, or pytest's own folder would lie in the sandbox's and go with it
    tmp_path_factory.getbasetemp()
    with Sandbox(account_id=ACCOUNT, regions=REGIONS) as running:
        yield running


@pytest.fixture
def sandbox(_running_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox of this file, with every fault healed before and after the test."""
    _running_sandbox.faults.heal_all()
    yield _running_sandbox
    _running_sandbox.faults.heal_all()
