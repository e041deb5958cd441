"""cloudfront-dr-api, applied once in one sandbox for every test of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.estates import Estate, applied


@pytest.fixture(scope="package")
def estate(quick_terraform: Path) -> Iterator[Estate]:
    # what a second drill judges; the other estates are judged as they were applied
    with applied("reference/cloudfront-dr-api", terraform=quick_terraform, taken_up=True) as found:
        yield found
