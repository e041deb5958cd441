"""What git answers: the commit to compare with, and objects. Nothing here writes or checks out."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from generator.manifest.problems import InputRefused

DEFAULT_BASES = ("origin/main", "main")
_SECONDS = 120
_NAME = re.compile(r"\w[\w./-]*")


class Base(NamedTuple):
    """What the working tree is compared with: `ref` as it was asked for, `commit` in full, `how` in words."""

    ref: str
    commit: str
    how: str

    @property
    def short(self) -> str:
        return self.commit[:10]

    def __str__(self) -> str:
        return self.short if self.commit.startswith(self.ref) else f"{self.ref} {self.short}"


def base_of(repository: Path, ref: str | None) -> Base:
    """The commit that `ref` names; without one, the merge base of HEAD with origin/main, or with main.

    Raises InputRefused, with the command that fetches it, when this clone does not have it.
    """
    git(repository, "rev-parse", "--git-dir")
    if ref:
        commit = _commit(repository, ref)
        if commit is None:
            raise InputRefused([f"BASE={ref}: is no commit of this clone; {_how_to_fetch(repository, ref)}"])
        return Base(ref, commit, "the commit that BASE names")
    for branch in DEFAULT_BASES:
        if _commit(repository, branch) is None:
            continue
        if found := _answer(repository, "merge-base", "HEAD", branch):
            return Base(branch, found, f"the merge base of HEAD and {branch}")
        fix = _how_to_fetch(repository, branch)
        raise InputRefused([f"HEAD and {branch} have no common commit in this clone; {fix}"])
    names = " nor ".join(DEFAULT_BASES)
    raise InputRefused(
        [f"BASE is left out, and neither {names} is in this clone; {_how_to_fetch(repository, 'main')}"]
    )


def git(repository: Path, *words: str, asked: bytes = b"") -> bytes:
    """What git prints. Raises InputRefused with the first line of what it complains of."""
    done = _run(repository, words, asked=asked)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise InputRefused([f"git {' '.join(words[:2])} in {repository}: {said[0] if said else 'failed'}"])
    return done.stdout


def _how_to_fetch(repository: Path, ref: str) -> str:
    branch = ref.removeprefix("origin/")
    if _answer(repository, "rev-parse", "--is-shallow-repository") == "true":
        return (
            f"it is shallow: run `git fetch --unshallow`, or `git fetch --depth=1 origin {branch}` and give "
            "BASE=FETCH_HEAD (GitHub Actions: `fetch-depth: 0` of actions/checkout)"
        )
    fetch = f"run `git fetch origin {branch}`, or " if _NAME.fullmatch(branch) else ""
    return f"{fetch}give another branch, tag or commit as BASE"


def _commit(repository: Path, ref: str) -> str | None:
    return _answer(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")


def _answer(repository: Path, *words: str) -> str | None:
    """The answer as text, None when git says no."""
    done = _run(repository, words)
    return (done.stdout.decode().strip() or None) if done.returncode == 0 else None


def _run(repository: Path, words: Iterable[str], *, asked: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = ["git", "-C", str(repository), *words]
    try:
        return subprocess.run(command, input=asked, capture_output=True, check=False, timeout=_SECONDS)
    except FileNotFoundError as error:
        raise InputRefused(
            ["git is not on PATH; what a change touches is read from git's objects"]
        ) from error
    except subprocess.TimeoutExpired as error:
        raise InputRefused([f"git {' '.join(words)} took more than {_SECONDS} s"]) from error
