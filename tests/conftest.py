"""How tests are shared out among the processes of pytest-xdist (`make test`)."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from xdist.scheduler import LoadScopeScheduling

# Many tests that share nothing, each of which takes seconds.
APART = ("test_native.py",)


class ByEstate(LoadScopeScheduling):
    """A file's tests stay together, because fixtures such as a sandbox or a plan are made once for all of
    them; so do those of one applied environment, whose folder they share."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.partition("::")[0])
        if file.name in APART:
            return nodeid
        return str(file.parent if file.parent.parent.name == "e2e" else file)


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByEstate:
    return ByEstate(config, log)
