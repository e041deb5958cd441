from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import environments
from harness.environments import Environment
from harness.rehearsal import kept
from harness.sandbox.service import CannotBeKept

NAME = "reference/active-standby-api"


@pytest.fixture(scope="module")
def environment() -> Environment:
    return environments.load(NAME)


@pytest.fixture
def tree(tmp_path: Path, environment: Environment) -> Environment:
    """The environment in a working tree that has one file of each kind."""
    for name in (
        "envs/mine/us-east-1/main.tf",
        "envs/mine/us-east-1/own.tf",
        "envs/mine/functions/read.zip",
        "envs/mine/README.md",
        "modules/data/bucket/main.tf",
        "harness/sandbox/sandbox.py",
        "harness/sandbox/__pycache__/sandbox.pyc",
        "harness/drill/scenario.py",
        "lambda_src/read/handler.py",
        "tests/test_it.py",
        "docs/guide.txt",
        ".antipode/drill/mine/plan.log",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("as it was")
    return Environment(name="mine", folder=tmp_path / "envs/mine", manifest=environment.manifest)


@pytest.fixture
def fingerprint(tmp_path: Path, tree: Environment, terraform: Path) -> Callable[..., str]:
    def of_the_tree(**ambient: str) -> str:
        settings = {"TERRAFORM_BIN": str(terraform), "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        return kept.fingerprint(tree, repository=tmp_path, ambient=settings | ambient)

    return of_the_tree


@pytest.fixture
def terraform(tmp_path: Path) -> Path:
    """A Terraform that says its version and no more."""
    binary = tmp_path / ".bin" / "terraform"
    binary.parent.mkdir()
    binary.write_text('#!/bin/sh\necho \'{"terraform_version": "1.11.4"}\'\n')
    binary.chmod(0o755)
    return binary


@pytest.mark.parametrize(
    "name",
    [
        "envs/mine/us-east-1/main.tf",
        "envs/mine/us-east-1/own.tf",
        "envs/mine/functions/read.zip",
        "modules/data/bucket/main.tf",
        "harness/sandbox/sandbox.py",
        "lambda_src/read/handler.py",
    ],
)
def test_a_change_of_what_an_estate_is_made_of_changes_its_fingerprint(
    fingerprint: Callable[..., str], tmp_path: Path, name: str
) -> None:
    before = fingerprint()
    assert fingerprint() == before
    (tmp_path / name).write_text("changed")
    assert fingerprint() != before
    (tmp_path / name).write_text("as it was")
    assert fingerprint() == before
    (tmp_path / name).unlink()
    assert fingerprint() != before


@pytest.mark.parametrize(
    "name",
    [
        "envs/mine/README.md",
        "harness/sandbox/__pycache__/sandbox.pyc",
        "harness/drill/scenario.py",
        "tests/test_it.py",
        "docs/guide.txt",
        ".antipode/drill/mine/plan.log",
    ],
)
def test_what_no_estate_is_made_of_leaves_its_fingerprint_alone(
    fingerprint: Callable[..., str], tmp_path: Path, name: str
) -> None:
    before = fingerprint()
    (tmp_path / name).write_text("changed")
    assert fingerprint() == before


def test_a_new_file_a_setting_and_another_terraform_change_the_fingerprint(
    fingerprint: Callable[..., str], tmp_path: Path, terraform: Path
) -> None:
    before = fingerprint()
    assert fingerprint(LANG="C") == before
    assert fingerprint(LAMBDA_STRICT="1") != before
    (tmp_path / "envs/mine/us-east-1/more.tf").write_text("")
    added = fingerprint()
    assert added != before
    os.utime(terraform, (1, 1))
    assert fingerprint() != added


def test_an_installed_package_of_another_version_changes_the_fingerprint(
    fingerprint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprint()
    versions = [*kept._versions(), "moto 9.9.9"]
    monkeypatch.setattr(kept, "_versions", lambda: iter(versions))
    assert fingerprint() != before


def test_a_kept_estate_is_found_by_its_fingerprint(environment: Environment, tmp_path: Path) -> None:
    kept.keep(environment, "made of this", b"line\nand more", folder=tmp_path)
    found = kept.find(environment, "made of this", folder=tmp_path)
    assert found is not None
    assert found.snapshot == b"line\nand more"
    assert abs(found.applied - time.time()) < 60


def spoil_a_byte(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1] + b"?")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:20])


def let_others_write(path: Path) -> None:
    path.chmod(0o666)


def grow_old(path: Path) -> None:
    head, _, snapshot = path.read_bytes().partition(b"\n")
    old = head.replace(b'"applied": 1', b'"applied": 0.1')
    assert old != head
    path.write_bytes(old + b"\n" + snapshot)


@pytest.mark.parametrize("spoil", [spoil_a_byte, cut, let_others_write, grow_old])
def test_what_is_not_as_it_was_kept_is_thrown_away(
    environment: Environment, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    kept.keep(environment, "made of this", b"snapshot", folder=tmp_path)
    (file,) = tmp_path.iterdir()
    spoil(file)
    assert kept.find(environment, "made of this", folder=tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_stale_estate_is_thrown_away(environment: Environment, tmp_path: Path) -> None:
    kept.keep(environment, "made of this", b"snapshot", folder=tmp_path)
    assert kept.find(environment, "made of that", folder=tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_one_estate_of_each_environment_is_kept_for_its_owner_alone(
    environment: Environment, tmp_path: Path
) -> None:
    killed = tmp_path / "reference--active-standby-api.4194305"  # more than a process id can be
    killed.write_text("half")
    gone = tmp_path / "of-an-environment-that-is-gone.estate"
    gone.write_text("old")
    os.utime(gone, (1, 1))
    for made_of in ("this", "that"):
        kept.keep(environment, made_of, b"snapshot", folder=tmp_path)
    (file,) = tmp_path.iterdir()
    assert (file.name, file.stat().st_mode & 0o777) == ("reference--active-standby-api.estate", 0o600)


def test_a_large_estate_is_not_kept(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "LARGEST", 2**20)
    with pytest.raises(CannotBeKept, match=r"^its 2 MB are more than 1$"):
        kept.keep(environment, "this", bytes(2 * 2**20), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
