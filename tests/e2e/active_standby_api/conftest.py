"""active-standby-api, applied once in one sandbox for every test of this folder.

Terraform applies it with providers of its own; everywhere else it is attached to a proxy (tests/provider).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

import pytest

from e2e.estates import Estate, applied, drilled
from harness.drill.run.run import DrillResult


@pytest.fixture(scope="package")
def estate() -> Iterator[Estate]:
    with applied("reference/active-standby-api") as found:
        yield found


@pytest.fixture(scope="package")
def lost(estate: Estate) -> Callable[[str], DrillResult]:
    """What a scenario does to the estate as it was applied: drilled once for all tests that look at it."""
    return functools.cache(lambda scenario: drilled(estate, scenario))
