"""How tests are shared out among the processes of pytest-xdist (`make test`).

A module's tests stay together, because fixtures such as a sandbox or a plan are made once for all of them;
those of one applied environment too, whatever their modules.
"""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
