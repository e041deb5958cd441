"""Which keys of a manifest changed, and which roots each of them changes: found by generating without it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import ValidationError

from generator import estate
from generator.manifest import Manifest
from generator.manifest.contradictions import contradictions
from generator.manifest.problems import Key, dotted
from generator.stacks import Stack, stacks

ABSENT = object()
"""In the place of a value: the key is not there."""

ATTRIBUTED = 40
"""With more changed keys than this each is taken to change every root that changed: each costs 20 ms."""

_LONGEST = 40
_SECRET = re.compile(r"environment|secret|passw|token|credential|private", re.IGNORECASE)

Data = Mapping[str, Any]
Bodies = Mapping[str, str]


@dataclass(frozen=True)
class KeyChange:
    """A key whose value differs; `stacks` are those whose root it changes. The values are cut for reading."""

    key: str
    before: str
    after: str
    stacks: frozenset[str]

    def __str__(self) -> str:
        return f"{self.key}: {self.before} -> {self.after}"


def parsed(content: bytes) -> Data:
    """The manifest as plain data; empty when it is no mapping or no YAML."""
    try:
        data = yaml.safe_load(content)
    except (yaml.YAMLError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def stacks_of(data: Data) -> tuple[Stack, ...]:
    """The environment's stacks as this generator makes them; none when it does not take the manifest."""
    manifest = _manifest(data)
    return stacks(manifest) if manifest else ()


def bodies_of(data: Data, *, environment: str) -> Bodies | None:
    """Each stack's main.tf as this generator writes it; None when it does not take the manifest."""
    manifest = _manifest(data)
    return estate.bodies(manifest, environment=environment) if manifest else None


def key_changes(
    before: Data, after: Data, *, environment: str, touched: frozenset[str]
) -> tuple[KeyChange, ...]:
    """Every changed key, mapped to those of the `touched` stacks whose root it changes.

    One key alone is put back, or put in, and the roots are compared. A key that cannot be changed alone, as
    the manifest would contradict itself, is taken to change every touched stack.
    """
    found = tuple(changed(before, after))
    each_alone = len(found) <= ATTRIBUTED

    def bodies(data: Data) -> Bodies | None:
        return bodies_of(data, environment=environment) if each_alone else None

    whole = ((after, bodies(after)), (before, bodies(before)))

    def effect(key: Key, old: Any, new: Any) -> frozenset[str]:
        pairs = [
            (usual, bodies(_with(data, key, value)))
            for (data, usual), value in zip(whole, (old, new), strict=True)
            if usual is not None
        ]
        known = [(usual, other) for usual, other in pairs if other is not None]
        return touched & frozenset().union(*(_differing(*pair) for pair in known)) if known else touched

    return tuple(
        KeyChange(_named(key, old, new), _shown(key, old), _shown(key, new), effect(key, old, new))
        for key, old, new in found
    )


def _differing(one: Bodies, other: Bodies) -> frozenset[str]:
    return frozenset(stack for stack in {**one, **other} if one.get(stack) != other.get(stack))


def changed(before: Any, after: Any, key: Key = ()) -> Iterator[tuple[Key, Any, Any]]:
    """The keys whose values differ, as deep as both sides have mappings: (key, before, after).

    The order of a mapping counts too: it is the order of the blocks, and of regions.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        common = [name for name in before if name in after]
        if common != [name for name in after if name in before]:
            yield key, before, after
            return
        for name in {**before, **after}:
            yield from changed(before.get(name, ABSENT), after.get(name, ABSENT), (*key, name))
    elif repr(before) != repr(after):
        yield key, before, after


def _with(data: Data, key: Key, value: Any) -> Data:
    """The data with one key set, or taken away; a new key goes last."""
    if not key:
        return value if isinstance(value, dict) else {}
    name, rest = str(key[0]), key[1:]
    if rest:
        inner = data.get(name)
        value = _with(inner if isinstance(inner, dict) else {}, rest, value)
    changed_data = {**data, name: value}
    return {each: found for each, found in changed_data.items() if found is not ABSENT}


def _manifest(data: Data) -> Manifest | None:
    try:
        manifest = Manifest.model_validate(data)
    except ValidationError:
        return None
    return None if any(contradictions(manifest)) else manifest


def _named(key: Key, before: Any, after: Any) -> str:
    """Two mappings are given as one change only when their order is what differs."""
    return dotted(key) + (" (order)" if isinstance(before, dict) and isinstance(after, dict) else "")


def _shown(key: Key, value: Any) -> str:
    """A value for people: cut when long, of mappings the keys alone, and nothing that may be a secret."""
    if value is ABSENT:
        return "(absent)"
    if any(_SECRET.search(str(part)) for part in key):
        return "(not shown)"
    if isinstance(value, dict):
        text = "{" + ", ".join(str(name) for name in value) + "}"
    elif isinstance(value, list):
        plain = all(not isinstance(each, dict | list) for each in value)
        text = f"[{', '.join(str(each) for each in value)}]" if plain else f"[{len(value)} entries]"
    else:
        text = "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."
