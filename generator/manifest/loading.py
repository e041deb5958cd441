"""From a file to a manifest, or to every mistake in it at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from generator.manifest.contradictions import contradictions
from generator.manifest.environment import Manifest
from generator.manifest.fields import Part
from generator.manifest.problems import InputRefused, Key, Problem
from generator.manifest.yaml_source import Source, read


def load(file: Path) -> Manifest:
    """The manifest in `file`. Raises InputRefused with every problem in it, each with its line."""
    source = read(file)
    if not isinstance(source.data, dict):
        raise InputRefused([source.problem((), "must be a mapping; start with `name:`", value=source.data)])
    try:
        manifest = Manifest.model_validate(source.data)
    except ValidationError as error:
        raise _refused(_invalid(source, dict(detail)) for detail in error.errors()) from error
    if problems := [_contradictory(source, *found) for found in contradictions(manifest)]:
        raise _refused(problems)
    return manifest


def _refused(problems: Iterable[Problem]) -> InputRefused:
    """Each problem once, in the order of the file."""
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: (problem.line, problem.key))
    return InputRefused(ordered)


def _contradictory(source: Source, key: Key, message: str, value: object) -> Problem:
    return source.problem(key, message) if value is None else source.problem(key, message, value=value)


def _invalid(source: Source, detail: dict[str, Any]) -> Problem:
    key, value = _place(source, detail["loc"]), detail.get("input")
    message = _message(source, key, detail)
    absent = detail["type"] in {"missing", "extra_forbidden"}
    return source.problem(key, message) if absent else source.problem(key, message, value=value)


def _place(source: Source, location: tuple[str | int, ...]) -> Key:
    """Pydantic's location without the names of union members and key markers, which are not in the file."""
    key: Key = ()
    data: Any = source.data
    for part in location:
        here = range(len(data)) if isinstance(data, list) else data if isinstance(data, dict) else ()
        if part in here:
            key, data = (*key, part), data[part]
        elif isinstance(data, dict) and part == location[-1] and part != "[key]":
            key = (*key, part)
    return key


def _message(source: Source, key: Key, detail: dict[str, Any]) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            allowed = _allowed_keys(key[:-1])
            near = difflib.get_close_matches(str(key[-1]), allowed, n=1) if key else []
            hint = f"; did you mean {near[0]}?" if near else f"; allowed here: {', '.join(allowed)}"
            return f"is not a known key{hint}"
        case "missing":
            return "is missing"
        case "literal_error":
            return f"must be {context['expected']}"
        case "value_error":
            return str(context["error"])
        case _:
            message = detail["msg"]
            return f"{message[0].lower()}{message[1:]}".replace("input should", "should")


def _allowed_keys(key: Key) -> list[str]:
    """The keys that the part of the manifest at `key` has."""
    model: Any = Manifest
    for part in key:
        if isinstance(model, type) and issubclass(model, Part) and part in model.model_fields:
            model = model.model_fields[str(part)].annotation
        model = _part_of(model)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, Part) else []


def _part_of(annotation: Any) -> Any:
    """The model inside an annotation such as `dict[str, Region]` or `Api | None`."""
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    arguments = getattr(annotation, "__args__", ())
    return next((found for argument in reversed(arguments) if (found := _part_of(argument))), None)
