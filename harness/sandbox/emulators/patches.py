"""How this package changes an emulator's own code, each change for one wrong answer.

A patch names the attribute that it replaces and the digest of the code it was written against. A test fails
when the emulator's code changes, or when the patch has no effect, so that an upgrade is a decision. `apply`
is called once per emulator and process; the functions that were replaced stay in `ORIGINALS`. The patches
themselves stand in the room of their service, `services/<service>/patches.py`; `services/__init__.py` lists
these files. A patch that needs the running sandbox asks `harness.sandbox.service.running` for its room.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple


class Patch(NamedTuple):
    """One replaced attribute, `module`:`attribute`; `replacement` makes the new one of the old.

    `digest` is of the replaced attribute, or of `watches` when the attribute is an imported module or a table
    of handlers. The last part of a path may be the key of a mapping, such as a table of handlers.
    """

    module: str
    attribute: str
    digest: str
    replacement: Callable[[Any], Any]
    watches: str | None = None

    @property
    def name(self) -> str:
        return f"{self.module}:{self.attribute}"


PATCHES: list[Patch] = []
ORIGINALS: dict[str, Any] = {}


def digest_of(thing: Any) -> str:
    """Twelve hex digits that change when the source of a function, or the value of a constant, does."""
    text = inspect.getsource(thing) if callable(thing) else repr(thing)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def watched(patched: Patch) -> Any:
    """The code that the digest is of, as the emulator wrote it, whether or not patches are applied."""
    if patched.watches is None and patched.name in ORIGINALS:
        return ORIGINALS[patched.name]
    return found_at(patched.module, patched.watches or patched.attribute)


def apply(emulator: str) -> None:
    """Apply every patch of `emulator` ("ministack" or "moto") that is registered and not yet applied."""
    for patched in PATCHES:
        if patched.module.partition(".")[0] == emulator and patched.name not in ORIGINALS:
            original = found_at(patched.module, patched.attribute)
            ORIGINALS[patched.name] = original
            owner, attribute = _owner_of(patched.module, patched.attribute)
            if isinstance(owner, dict):
                owner[attribute] = patched.replacement(original)
            else:
                setattr(owner, attribute, patched.replacement(original))


def found_at(module: str, path: str) -> Any:
    """What stands at `path` of the module now. Raises AttributeError or KeyError when nothing does."""
    owner, attribute = _owner_of(module, path)
    return owner[attribute] if isinstance(owner, dict) else getattr(owner, attribute)


def _owner_of(module: str, path: str) -> tuple[Any, str]:
    """The module, class or mapping that holds the attribute at `path`, and the attribute's own name."""
    owner: Any = importlib.import_module(module)
    *outer, attribute = path.split(".")
    for name in outer:
        owner = getattr(owner, name)
    return owner, attribute


def patch(
    module: str, attribute: str, *, digest: str, watches: str | None = None
) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Register the decorated function: it gets the original and gives the replacement.

    Raises ValueError for a second patch of one attribute, because only one of the two would be applied.
    """

    def register(replacement: Callable[[Any], Any]) -> Callable[[Any], Any]:
        new = Patch(module, attribute, digest, replacement, watches)
        for old in PATCHES:
            if old.name == new.name:
                raise ValueError(
                    f"{new.name} is replaced by {_place_of(old)} already, "
                    f"so {_place_of(new)} would do nothing; make one patch of the two"
                )
        PATCHES.append(new)
        return replacement

    return register


def _place_of(patched: Patch) -> str:
    return f"{patched.replacement.__module__}.{patched.replacement.__name__}"
