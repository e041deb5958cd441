"""What differs in one file or package, in words for people. Pure."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence

_NAMED = 4
"""So many are named; the rest is counted."""

_PROVIDER = re.compile(
    rb'^provider "(?:[^"/]+/)?([^"]+)" \{\n(?:[^}]*?\n)?\s*version\s*=\s*"([^"]+)"', re.MULTILINE
)


def some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def fate(name: str, *, before: bool, after: bool) -> str:
    """The name, marked when only one side has it."""
    return name if before and after else f"{name} (new)" if after else f"{name} (gone)"


def locked(before: bytes, after: bytes) -> str:
    """Of two lock files: which providers' versions differ; else it can only be constraints or hashes."""
    old, new = _versions(before), _versions(after)
    differing = [
        f"{name} {old.get(name, '(absent)')} -> {new.get(name, '(absent)')}"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]
    return ", ".join(differing) or "constraints or hashes"


def packaged(before: bytes, after: bytes) -> str:
    """Of two packages: which of their files differ. An absent package is no bytes."""
    old, new = _checksums(before), _checksums(after)
    if not old or not new:
        return "its package is new" if not before else "its package is gone" if not after else "its package"
    differing = [
        fate(name, before=name in old, after=name in new)
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]
    return some(differing) or "its package"


def _versions(lock: bytes) -> dict[str, str]:
    return {name.decode(): version.decode() for name, version in _PROVIDER.findall(lock)}


def _checksums(package: bytes) -> dict[str, int]:
    """CRC-32 by name; empty when it is no zip."""
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as opened:
            return {each.filename: each.CRC for each in opened.infolist()}
    except zipfile.BadZipFile:
        return {}
