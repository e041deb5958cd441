"""How tests are shared out among the processes of pytest-xdist (`make test`)."""

from __future__ import annotations

from pathlib import PurePosixPath

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

# What takes minutes goes first, so that no process is left alone with it at the end.
LONGEST_FIRST = ("e2e/global_serverless", "e2e", "modules/test_native.py")

# a busy machine stops for longer than an example takes; every test has a time limit of its own
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")


class ByEstate(LoadScopeScheduling):
    """A file's tests stay together, because fixtures such as a sandbox or a plan are made once for all of
    them; so do those of one applied environment, whose folder they share."""

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.partition("::")[0])
        return str(file.parent if file.parent.parent.name == "e2e" else file)


@pytest.hookimpl
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByEstate:
    return ByEstate(config, log)


@pytest.hookimpl
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    below = item.nodeid.removeprefix("tests/")
    return next((n for n, start in enumerate(LONGEST_FIRST) if below.startswith(start)), len(LONGEST_FIRST))
