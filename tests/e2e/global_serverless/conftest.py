"""global-serverless, applied once in one sandbox for every test of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from e2e.estates import Estate, applied
from harness import verbs
from harness.terraform.session import Session


@pytest.fixture(scope="package")
def estate() -> Iterator[Estate]:
    with applied("reference/global-serverless") as found:
        yield found


@pytest.fixture
def terraform(estate: Estate) -> Iterator[Session]:
    """A session over the applied estate, every fault healed afterwards."""
    with verbs.session(estate.environment, estate.target) as opened:
        yield opened
    estate.sandbox.faults.heal_all()
