"""How this package changes an emulator's own code, each change for one wrong answer.

A patch names what it replaces and the digest of the code it was written against; a test fails when either
the emulator's code changes or the mend stops working, so that an upgrade is a decision. `apply` is called
once per emulator and process; the functions that were replaced stay in `ORIGINALS`. The patches themselves
stand in the room of their service, `services/<service>/patches.py`, and are found by that name.
"""

from __future__ import annotations

import contextvars
import hashlib
import importlib
import inspect
import pkgutil
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from harness.sandbox.requests.classify import Target


class Origin(NamedTuple):
    """Where the request being served came in: the region whose address was dialled (None: the control
    address), its headers by lower-case name, its query parameters, what waits for and judges the calls that
    one emulated service makes to another inside the process (true: the call may go ahead), and when it came
    in (Unix seconds of model time)."""

    dialled: str | None = None
    headers: Mapping[str, str] = MappingProxyType({})
    query: Mapping[str, str] = MappingProxyType({})
    admits: Callable[[Target], Awaitable[bool]] | None = None
    epoch: float | None = None


ORIGIN: contextvars.ContextVar[Origin] = contextvars.ContextVar("antipode_origin")


def origin() -> Origin:
    """Where the request being served came in; nothing is known of what the emulators do by themselves."""
    return ORIGIN.get(None) or Origin()


class Patch(NamedTuple):
    """One replaced attribute: `module`:`attribute`, what replaces it, and the digest of the code that it was
    written against: what it replaces, or else `watches`, the attribute of that module that uses it. The last
    part of a path may be the key of a mapping, such as a table of handlers."""

    module: str
    attribute: str
    digest: str
    mend: Callable[[Any], Any]
    watches: str | None = None

    @property
    def name(self) -> str:
        return f"{self.module}:{self.attribute}"


PATCH_FILES = ("patches", "endpoint")
PATCHES: list[Patch] = []
ORIGINALS: dict[str, Any] = {}


def digest_of(thing: Any) -> str:
    """Twelve hex digits that change when the source of a function, or the value of a constant, does."""
    text = inspect.getsource(thing) if callable(thing) else repr(thing)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def watched(patch: Patch) -> Any:
    """What the digest of `patch` is of, as the emulator wrote it, whether or not patches are applied."""
    if patch.watches is None and patch.name in ORIGINALS:
        return ORIGINALS[patch.name]
    return found_at(patch.module, patch.watches or patch.attribute)


def registered() -> tuple[Patch, ...]:
    """Every patch there is: those of the emulators themselves, and those in the rooms of the services."""
    importlib.import_module("harness.sandbox.emulators.health_paths")
    rooms = importlib.import_module("harness.sandbox.services")
    for module in pkgutil.walk_packages(rooms.__path__, f"{rooms.__name__}."):
        if module.name.rpartition(".")[2] in PATCH_FILES:
            importlib.import_module(module.name)
    return tuple(PATCHES)


def apply(emulator: str) -> None:
    """Apply every patch on `emulator` ("ministack" or "moto"); those already applied are left alone."""
    for patch in registered():
        if patch.module.partition(".")[0] == emulator and patch.name not in ORIGINALS:
            original = found_at(patch.module, patch.attribute)
            ORIGINALS[patch.name] = original
            owner, attribute = _owner_of(patch.module, patch.attribute)
            if isinstance(owner, dict):
                owner[attribute] = patch.mend(original)
            else:
                setattr(owner, attribute, patch.mend(original))


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


def mends(
    module: str, attribute: str, *, digest: str, watches: str | None = None
) -> Callable[[Callable[[Any], Any]], Callable[[Any], Any]]:
    """Register the decorated function as what makes the replacement out of the original.

    Raises ValueError for a second patch of one attribute, because only one of the two would be applied.
    """

    def register(mend: Callable[[Any], Any]) -> Callable[[Any], Any]:
        patch = Patch(module, attribute, digest, mend, watches)
        for other in PATCHES:
            if other.name == patch.name:
                raise ValueError(
                    f"{patch.name} is replaced by {other.mend.__module__}.{other.mend.__name__} already, "
                    f"so {mend.__module__}.{mend.__name__} would do nothing; make one patch of the two"
                )
        PATCHES.append(patch)
        return mend

    return register
