"""What a plan was made from: digests of files and how they differ, provider versions, the commit."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_LOCKED = re.compile(r'^provider "([^"]+)" \{\n\s*version\s*=\s*"([^"]+)"', re.MULTILINE)
_SHOWN = 12
"""Digits of a digest in a message."""


@dataclass(frozen=True)
class Commit:
    """`id` is empty outside of a git repository. `changed`: tracked files differ from it."""

    id: str
    changed: bool


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
        for source, version in _LOCKED.findall(lock.read_text(encoding="utf-8"))
    }


def commit(repository: Path) -> Commit:
    head = _git(repository, "rev-parse", "HEAD")
    if head is None:
        return Commit("", False)
    return Commit(head, bool(_git(repository, "status", "--porcelain", "--untracked-files=no")))


def _git(repository: Path, *words: str) -> str | None:
    command = ["git", "-C", str(repository), *words]
    try:
        answer = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
