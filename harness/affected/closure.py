"""Every file that the plan of a root depends on: read from the HCL itself, rather too much than too little.

Terraform reads the root's folder, the folders of local modules, and what functions such as `file` and
`templatefile` name. A path that leaves its folder has to say `..` somewhere, so every `..` in any text of the
closure is followed, whatever it stands in: to the file or folder that it names, or, when the rest of it is
computed, to the nearest folder that exists; `dirname(path.module)` counts as one. Paths are relative to the
folder of the text or, for functions, to the root, in which Terraform runs (developer.hashicorp.com, Terraform
language, `file` function and "Filesystem and Workspace Info").
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from generator.manifest.problems import InputRefused
from harness.affected.trees import Tree

ROOT, LOCK, MODULE, FUNCTION, FILE = "root", "lock", "module", "function", "file"
LOCK_FILE = ".terraform.lock.hcl"
MODULES, PACKAGES = "modules", "functions"

_PATH = re.compile(r"""(?:\$\{path\.(?:module|root|cwd)\}/)?([^\s"'`(){}\[\],;:=$%<>|*?&!]+)""")
_UPWARDS = re.compile(r"\bdirname\([^)\n]*\b(?:path\.(?:module|root|cwd)|abspath)\b")
_OUTSIDE = re.compile(r"""\b(?:file[a-z0-9]*|templatefile)\(\s*"(?:/|~)[^"]*"?""")
_DOCUMENT = re.compile(r"(?:\.md|\.tftest\.(?:hcl|json))$|(?:^|/)tests/", re.IGNORECASE)
_SPEAKS_OF_DOCUMENTS = re.compile(r"\bfileset\(|\.md\b|\.tftest\b|[\"/]tests\b", re.IGNORECASE)
_COMMENTS = re.compile(rb"\A(?:#[^\n]*\n|\s*\n)*")


class Leaf(NamedTuple):
    """A file that a plan depends on: which part of it (`kind` and `name`), and what it holds."""

    kind: str
    name: str
    digest: str


def closure(tree: Tree, root: str) -> dict[str, Leaf]:
    """Every file that the plan of the root in the folder `root` depends on, by path.

    Raises InputRefused for what cannot be followed: symbolic links, and files outside of the repository.
    """
    said: dict[str, _Said] = {}
    members: dict[str, str] = {}
    waiting, seen = [root], {root}
    while waiting:
        place = waiting.pop()
        for path in (place,) if tree.is_file(place) else tree.below(place):
            if path in members:
                continue
            _refuse_link(tree, path)
            members[path] = place
            if _DOCUMENT.search(path):
                continue
            said[path] = _said(_text(tree.read(path)))
            for target in _targets(tree, path, said[path], root):
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
    whole = any(each.documents for each in said.values())
    return {
        path: _leaf(tree, path, root)
        for path in sorted(members)
        if whole or path in said or members[path] == path
    }


def digest(found: Mapping[str, Leaf]) -> str:
    """One SHA-256, hexadecimal, over a closure."""
    lines = (f"{path}\0{leaf.digest}\n" for path, leaf in sorted(found.items()))
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()


def body(content: bytes) -> bytes:
    """HCL without the comments before its first block: the generator's header tells its version there."""
    return content[_COMMENTS.match(content).end() :]  # type: ignore[union-attr]


def _leaf(tree: Tree, path: str, root: str) -> Leaf:
    content = tree.read(path)
    kind, name = _part(path, root)
    if kind == ROOT and path.endswith(".tf"):
        content = body(content)
    return Leaf(kind, name, hashlib.sha256(content).hexdigest())


def _part(path: str, root: str) -> tuple[str, str]:
    """Which part of the plan a file is, and that part's name as people say it."""
    environment = root.rpartition("/")[0]
    if path == f"{root}/{LOCK_FILE}":
        return LOCK, LOCK_FILE
    if path.startswith(f"{root}/"):
        return ROOT, path.removeprefix(f"{root}/")
    if path.startswith(f"{environment}/{PACKAGES}/"):
        return FUNCTION, path.rpartition("/")[2].removesuffix(".zip")
    parts = path.split("/")
    return (MODULE, "/".join(parts[1:3])) if parts[0] == MODULES and len(parts) > 3 else (FILE, path)


def _refuse_link(tree: Tree, path: str) -> None:
    if path in tree.links:
        raise InputRefused(
            [f"{path}: is a symbolic link, and what a plan depends on is not followed through links; copy it"]
        )


@functools.lru_cache(maxsize=4096)
def _text(content: bytes) -> str:
    """The content where it is text, and nothing where it is not: packages name no files."""
    try:
        return "" if b"\0" in content else content.decode()
    except UnicodeDecodeError:
        return ""


class _Said(NamedTuple):
    """What a text says of files: paths that go upwards, a file outside of the repository, documents."""

    upwards: tuple[str, ...]
    outside: str | None
    documents: bool


@functools.lru_cache(maxsize=4096)
def _said(text: str) -> _Said:
    found = (match[1].lstrip("/") for match in _PATH.finditer(text) if ".." in match[1])
    upwards = [path for path in found if ".." in path.split("/")]
    outside = _OUTSIDE.search(text)
    return _Said(
        upwards=tuple(dict.fromkeys([*upwards, *([".."] if _UPWARDS.search(text) else [])])),
        outside=outside[0] if outside else None,
        documents=bool(_SPEAKS_OF_DOCUMENTS.search(text)),
    )


def _targets(tree: Tree, path: str, said: _Said, root: str) -> Iterator[str]:
    if said.outside:
        raise InputRefused([f"{path}: {said.outside}: is outside of the repository; take the file into it"])
    homes = tuple(dict.fromkeys((path.rpartition("/")[0], root)))
    for upward in said.upwards:
        reached = [_reached(tree, home, upward) for home in homes]
        exact = [place for place, is_exact in reached if is_exact and place is not None]
        if not exact and None in {place for place, _ in reached}:
            raise InputRefused([f"{path}: {upward}: leads out of the repository; take what it names into it"])
        yield from exact or [place for place, _ in reached if place is not None]


def _reached(tree: Tree, home: str, relative: str) -> tuple[str | None, bool]:
    """The file or folder that the path names, or the nearest folder around it; and whether it is the former.

    None where the path leads out of the repository.
    """
    here = home.split("/") if home else []
    for part in relative.split("/"):
        if part == "..":
            if not here:
                return None, False
            here = here[:-1]
        elif part not in ("", "."):
            below = "/".join([*here, part])
            if not tree.is_file(below) and not tree.below(below):
                return "/".join(here), False
            here = [*here, part]
    return "/".join(here), True
