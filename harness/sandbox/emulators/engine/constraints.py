"""What botocore's model allows of a request's values: required members, lengths, ranges, enums, patterns.

AWS's control planes refuse a request that breaks these before they look at anything else. The texts are those
of AWS's request validation ("Value 'x' at 'y' failed to satisfy constraint: ..."), as the API references show
them under ValidationException.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import regex

_JAVA_SUPPLEMENTARY = r"\uD800\uDC00-\uDBFF\uDFFF"
"""How a Java pattern writes every character beyond the basic plane: as a range of surrogate pairs."""


def violations(shape: Any, value: Any) -> list[str]:
    """One text for each constraint of the model that the parameters break; `shape` is the input's."""
    return list(_of(shape, value, ""))


def summary(broken: list[str]) -> str:
    """The message of the ValidationException that tells all of them."""
    errors = "error" if len(broken) == 1 else "errors"
    return f"{len(broken)} validation {errors} detected: " + "; ".join(broken)


def _of(shape: Any, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if kind == "structure":
        yield from _of_structure(shape, value, path)
    elif kind == "list":
        yield from _of_length(shape, value, path)
        for number, element in enumerate(value, start=1):
            yield from _of(shape.member, element, f"{path}.{number}.member")
    elif kind == "map":
        yield from _of_length(shape, value, path)
        for key, element in value.items():
            yield from _of(shape.key, key, path)
            yield from _of(shape.value, element, f"{path}.{key}.member")
    elif kind == "string":
        yield from _of_string(shape, value, path)
    elif kind in ("integer", "long", "float", "double"):
        yield from _of_number(shape, value, path)


def _of_structure(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _text(value, path, "Member must be a structure")
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield _text(None, _below(path, name), "Member must not be null")
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _of(member, value[name], _below(path, name))


def _of_string(shape: Any, value: Any, path: str) -> Iterator[str]:
    yield from _of_length(shape, value, path)
    if shape.enum and value not in shape.enum:
        yield _text(value, path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    pattern = shape.metadata.get("pattern")
    compiled = compiled_pattern(pattern) if pattern else None
    if compiled is not None and not compiled.fullmatch(str(value)):
        yield _text(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _of_length(shape: Any, value: Any, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and len(value) < least:
        yield _text(value, path, f"Member must have length greater than or equal to {least}")
    if most is not None and len(value) > most:
        yield _text(value, path, f"Member must have length less than or equal to {most}")


def _of_number(shape: Any, value: Any, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and value < least:
        yield _text(value, path, f"Member must have value greater than or equal to {least}")
    if most is not None and value > most:
        yield _text(value, path, f"Member must have value less than or equal to {most}")


@functools.cache
def compiled_pattern(pattern: str) -> regex.Pattern[str] | None:
    """The model's pattern for Python; None for one that only Java's regular expressions can say."""
    try:
        return regex.compile(pattern.replace(_JAVA_SUPPLEMENTARY, r"\U00010000-\U0010FFFF"))
    except regex.error:
        return None


def _below(path: str, name: str) -> str:
    own = name[0].lower() + name[1:]
    return f"{path}.{own}" if path else own


def _text(value: Any, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"
