"""Aurora's modelled delays are fixed here, so that tests can say when something happens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.sandbox.sandbox import Sandbox
from tests.harness.sandbox.services.rds.aurora.global_database import GlobalDatabase, global_database

LAG, PROMOTION, SWITCHOVER, REBUILD = 0.4, 60.0, 30.0, 300.0
DELAYS = {
    "aurora_promotion": PROMOTION,
    "aurora_replication_lag": LAG,
    "aurora_secondary_rebuild": REBUILD,
    "aurora_switchover": SWITCHOVER,
}


@pytest.fixture(scope="module")
def _fixed_delays(_running_sandbox: Sandbox) -> Sandbox:
    _running_sandbox.aurora.databases.delay = DELAYS.__getitem__
    return _running_sandbox


@pytest.fixture(scope="module")
def _lasting_database(_fixed_delays: Sandbox) -> Iterator[GlobalDatabase]:
    with global_database(_fixed_delays, EnableGlobalWriteForwarding=True) as made:
        yield made


@pytest.fixture
def database(_lasting_database: GlobalDatabase, sandbox: Sandbox) -> GlobalDatabase:
    """The global database of this file, for tests that leave it as it is."""
    return _lasting_database


@pytest.fixture
def own_database(_fixed_delays: Sandbox, sandbox: Sandbox) -> Iterator[GlobalDatabase]:
    """A global database of the test's own, for tests that change its roles."""
    with global_database(sandbox, EnableGlobalWriteForwarding=True) as made:
        yield made
