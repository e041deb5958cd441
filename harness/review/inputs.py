"""What a plan was made from: every file that Terraform read, by digest, and the commit it is from."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LOCAL_SOURCE = re.compile(r'^\s*source\s*=\s*"(\.{1,2}/[^"]*)"', re.MULTILINE)
_LOCKED = re.compile(r'^provider "([^"]+)" \{\n\s*version\s*=\s*"([^"]+)"', re.MULTILINE)
_SHOWN = 12
"""Digits of a digest in a message."""


@dataclass(frozen=True)
class Commit:
    """`id` is empty outside of a git repository. `changed`: tracked files differ from it."""

    id: str
    changed: bool


def files(roots: Sequence[Path], packages: Path, *, base: Path) -> dict[str, str]:
    """SHA-256 by path below `base`, of the roots, of the local modules they use, and of function packages.

    Documentation is left out, and what Terraform or we leave behind in a root.
    """
    folders = {folder: None for root in roots for folder in module_folders(root)}
    if packages.is_dir():
        folders[packages.resolve()] = None
    found = {file for folder in folders for file in folder.iterdir() if _counts(file)}
    return {file.relative_to(base.resolve()).as_posix(): digest(file) for file in sorted(found)}


def module_folders(root: Path, *, seen: set[Path] | None = None) -> Iterator[Path]:
    """A folder of HCL and those of the local modules that it calls, and that they call."""
    known = seen if seen is not None else set()
    here = root.resolve()
    if here in known or not here.is_dir():
        return
    known.add(here)
    yield here
    for file in sorted(here.glob("*.tf")):
        for source in _LOCAL_SOURCE.findall(file.read_text()):
            yield from module_folders(here / source, seen=known)


def _counts(file: Path) -> bool:
    if not file.is_file() or file.suffix == ".md" or ".tfstate" in file.name:
        return False
    return file.name == ".terraform.lock.hcl" or not file.name.startswith(".")


def digest(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def differences(reviewed: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """One line for each file that is not what it was, with both digests."""
    lines = []
    for path in sorted(reviewed.keys() | now.keys()):
        was, is_now = reviewed.get(path), now.get(path)
        if was != is_now:
            lines.append(f"{path}: was {_shown(was)} when reviewed, is {_shown(is_now)}")
    return tuple(lines)


def _shown(found: str | None) -> str:
    return f"sha256 {found[:_SHOWN]}" if found else "not there"


def providers(roots: Iterable[Path]) -> dict[str, str]:
    """Provider versions by source, as the committed lock files pin them."""
    locks = (root / ".terraform.lock.hcl" for root in roots)
    return {
        source: version
        for lock in locks
        if lock.is_file()
        for source, version in _LOCKED.findall(lock.read_text())
    }


def commit(repository: Path) -> Commit:
    head = _git(repository, "rev-parse", "HEAD")
    if head is None:
        return Commit("", False)
    return Commit(head, bool(_git(repository, "status", "--porcelain", "--untracked-files=no")))


def _git(repository: Path, *words: str) -> str | None:
    command = ["git", "-C", str(repository), *words]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
