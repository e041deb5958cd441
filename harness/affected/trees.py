"""The files of the repository at one time: as a commit has them, or as they lie on the disk now."""

from __future__ import annotations

import bisect
import functools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from generator.manifest.problems import InputRefused
from harness.affected.git import Base, git

# What people's tools and ours leave beside the sources; a plan depends on none of it.
_TRANSIENT_FOLDERS = frozenset(
    ".git .venv .venv-policy .antipode .terraform .bench __pycache__ .pytest_cache .mypy_cache .ruff_cache "
    ".hypothesis node_modules".split()
)
_TRANSIENT_FILES = (".tfstate", ".tfplan", ".pyc", ".terraform.tfstate.lock.info", "antipode_import.tf.json")
_COPIES = ".bootstrap-"

# Read through one process, because one for each file would take a second in all.
_READ_AHEAD = (
    *("envs/", "modules/", "generator/", "policies/", "harness/terraform/", "requirements/"),
    "pyproject.toml",
)
_BLOB, _LINK = "blob", "120000"


@dataclass(frozen=True)
class Tree:
    """`paths` are sorted, below the repository, with `/`; `read` gives the content of one of them.

    `links` are those of them that are symbolic links; `name` is for messages.
    """

    name: str
    paths: tuple[str, ...]
    read: Callable[[str], bytes] = field(repr=False, compare=False)
    links: frozenset[str] = frozenset()

    def is_file(self, path: str) -> bool:
        place = bisect.bisect_left(self.paths, path)
        return self.paths[place : place + 1] == (path,)

    def below(self, folder: str) -> tuple[str, ...]:
        """Every file in the folder and in the folders below it; empty when there is no such folder."""
        if not folder:
            return self.paths
        first = bisect.bisect_left(self.paths, f"{folder}/")
        return self.paths[first : bisect.bisect_left(self.paths, f"{folder}0")]  # in ASCII, 0 follows /


def tree_of(files: Mapping[str, bytes], *, name: str = "files") -> Tree:
    return Tree(name=name, paths=tuple(sorted(files)), read=files.__getitem__)


def working_tree(repository: Path) -> Tree:
    """What lies on the disk, committed or not: Terraform reads untracked and ignored files too."""
    found: list[str] = []
    links: set[str] = set()
    for folder, names, files in os.walk(repository):
        here = Path(folder)
        linked = {name for name in (*names, *files) if (here / name).is_symlink()}
        names[:] = [name for name in names if not _is_transient(name) and name not in linked]
        for name in sorted({*files, *linked}):
            if not _is_transient(name):
                path = (here / name).relative_to(repository).as_posix()
                found.append(path)
                links.update({path} if name in linked else ())

    @functools.cache
    def read(path: str) -> bytes:
        return (repository / path).read_bytes()

    return Tree(name="the working tree", paths=tuple(sorted(found)), read=read, links=frozenset(links))


def commit_tree(repository: Path, base: Base) -> Tree:
    """What a commit has, from git's objects. Raises InputRefused when the clone lacks one."""
    prefix = git(repository, "rev-parse", "--show-prefix").decode().strip().rstrip("/")
    listed = list(_listed(git(repository, "ls-tree", "-r", "-z", "--full-tree", f"{base.commit}:{prefix}")))
    blobs = {path: blob for path, _, blob in listed}
    contents = _contents(repository, {blob for path, blob in blobs.items() if path.startswith(_READ_AHEAD)})

    @functools.cache
    def read(path: str) -> bytes:
        known = contents.get(blobs[path])
        return git(repository, "cat-file", "blob", blobs[path]) if known is None else known

    links = frozenset(path for path, mode, _ in listed if mode == _LINK)
    return Tree(name=str(base), paths=tuple(sorted(blobs)), read=read, links=links)


def _is_transient(name: str) -> bool:
    named = name in _TRANSIENT_FOLDERS or name.startswith(_COPIES)
    return named or name.endswith(_TRANSIENT_FILES) or ".tfstate." in name


def _listed(answer: bytes) -> Iterator[tuple[str, str, str]]:
    """Path, mode and object of every file of an `ls-tree -r -z`."""
    for entry in answer.split(b"\0")[:-1]:
        facts, _, name = entry.partition(b"\t")
        mode, kind, blob = facts.decode().split(" ")
        path = os.fsdecode(name)
        if kind == _BLOB and not any(_is_transient(part) for part in path.split("/")):
            yield path, mode, blob


def _contents(repository: Path, blobs: Iterable[str]) -> dict[str, bytes]:
    """Contents by object, through one `git cat-file --batch`."""
    answer = git(repository, "cat-file", "--batch", asked="".join(f"{blob}\n" for blob in blobs).encode())
    found: dict[str, bytes] = {}
    place = 0
    while place < len(answer):
        end = answer.index(b"\n", place)
        words = answer[place:end].decode().split(" ")
        if words[1] != _BLOB:
            raise InputRefused(
                [f"git has no object {words[0]} ({' '.join(words[1:])}): this clone is not whole"]
            )
        size = int(words[2])
        found[words[0]] = answer[end + 1 : end + 1 + size]
        place = end + 1 + size + 1
    return found
