"""What the tests of every applied estate share; each folder has an `estate` of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.estates import Estate
from harness.targets.session import session
from harness.terraform.session import Session


@pytest.fixture
def terraform(estate: Estate, quick_terraform: Path) -> Iterator[Session]:
    """A session over the applied estate; every fault healed afterwards."""
    with session(estate.environment, estate.target, binary=quick_terraform) as opened:
        yield opened
    estate.sandbox.faults.heal_all()
