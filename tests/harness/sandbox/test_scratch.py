"""The sandbox's folder is removed when the sandbox ends, and after kill -9 by the next one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.environments import REPOSITORY
from harness.sandbox.scratch import scratch_folder

OWNER = """
import time
from harness.sandbox.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "data").write_text("x")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _temporary_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture
def owner() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process with a folder of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield process, Path(process.stdout.readline().strip())
    process.kill()
    process.communicate()


def test_the_folder_has_our_process_number_and_goes_with_its_block(tmp_path: Path) -> None:
    with scratch_folder() as folder:
        (folder / "data").write_text("x")
        assert folder.name.startswith(f"antipode-sandbox-{os.getpid()}-")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_a_living_sandbox_stays(owner: tuple[subprocess.Popen[str], Path]) -> None:
    _, folder = owner
    with scratch_folder():
        assert (folder / "data").exists()


def test_the_folder_of_a_killed_sandbox_goes_with_the_next(
    owner: tuple[subprocess.Popen[str], Path], tmp_path: Path
) -> None:
    process, folder = owner
    process.kill()
    process.wait()
    assert folder.exists()
    with scratch_folder() as own:
        assert list(tmp_path.iterdir()) == [own]
