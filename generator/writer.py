"""Compares generated files with the folder of an environment, and writes them.

Nothing is written before everything is known, a file that is not ours is never touched, and a file that the
manifest no longer names is removed only when the caller has shown it and says so.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from generator.estate import INVENTORY
from generator.manifest.problems import InputRefused


@dataclass(frozen=True)
class Changes:
    """Paths below the environment's folder: `foreign` are not ours, `edited` are ours and changed by hand."""

    create: tuple[str, ...]
    update: tuple[str, ...]
    remove: tuple[str, ...]
    foreign: tuple[str, ...]
    edited: tuple[str, ...]

    @property
    def stale(self) -> tuple[str, ...]:
        return tuple(sorted({*self.create, *self.update, *self.remove, *self.foreign, *self.edited}))

    @property
    def removed_stacks(self) -> tuple[str, ...]:
        """Stacks whose root is removed. Their resources stay in AWS unless they are destroyed first."""
        return tuple(path.removesuffix("/main.tf") for path in self.remove if path.endswith("/main.tf"))


def changes(folder: Path, wanted: Mapping[str, bytes]) -> Changes:
    """How the folder differs from the wanted files. Reads only."""
    known = _known(folder)
    create: list[str] = []
    update: list[str] = []
    foreign: list[str] = []
    edited: list[str] = []
    for path, content in sorted(wanted.items()):
        present = _content(folder / path)
        if present is None:
            create.append(path)
        elif present != content:
            if path == INVENTORY or _digest(present) == known.get(path):
                update.append(path)
            else:
                (edited if path in known else foreign).append(path)
    remove: list[str] = []
    kept: list[str] = []
    for path in sorted(set(known) - set(wanted)):
        present = _content(folder / path)
        if present is not None:
            (remove if _digest(present) == known[path] else kept).append(path)
    return Changes(
        tuple(create), tuple(update), tuple(remove), tuple(foreign), tuple(sorted([*edited, *kept]))
    )


def write(
    folder: Path, wanted: Mapping[str, bytes], *, found: Changes, overwrite_edited: bool = False
) -> None:
    """Write the wanted files into the folder; each file is replaced whole or not at all.

    Raises InputRefused, with nothing written, when a file in the way is not ours or was edited by hand.
    """
    problems = [f"{folder / path}: exists and was not generated; move it away" for path in found.foreign]
    if not overwrite_edited:
        problems += [
            f"{folder / path}: was edited by hand since it was generated; take the edit into the manifest or "
            "run again with FORCE=1 to lose it"
            for path in found.edited
        ]
    if problems:
        raise InputRefused(problems)
    for path in (*found.create, *found.update, *(found.edited if overwrite_edited else ())):
        if path in wanted and path != INVENTORY:
            replace(folder / path, wanted[path])
    for path in (*found.remove, *(p for p in found.edited if p not in wanted)):
        _remove(folder, path)
    if INVENTORY in wanted:
        replace(folder / INVENTORY, wanted[INVENTORY])


def _known(folder: Path) -> dict[str, str]:
    content = _content(folder / INVENTORY)
    if content is None:
        return {}
    try:
        listed = json.loads(content)["files"]
        return {path: digest for path, digest in listed.items() if _inside(path)}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputRefused([f"{folder / INVENTORY}: is damaged; restore it with `git checkout`"]) from error


def _inside(path: str) -> bool:
    return not Path(path).is_absolute() and ".." not in Path(path).parts


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.is_file() else None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def replace(file: Path, content: bytes) -> None:
    """Write the file whole or not at all; one that has that content already is left alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if _content(file) == content:
        return
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _remove(folder: Path, path: str) -> None:
    (folder / path).unlink()
    parent = (folder / path).parent
    while parent != folder and not any(parent.iterdir()):
        parent.rmdir()
        parent = parent.parent
