from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.affected import changed_repository
from tests.harness.affected.changed_repository import Repository


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The first commit, made once."""
    return changed_repository.made(tmp_path_factory.mktemp("affected") / "repository", "dev")


@pytest.fixture
def repository(begun: Repository, tmp_path: Path) -> Repository:
    """A repository with the environment dev that a test may change; all is committed on main."""
    return begun.copy(tmp_path / "repository")
