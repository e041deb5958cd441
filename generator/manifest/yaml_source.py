"""YAML with places: plain data, and the line that each key stands in, for messages that name it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from generator.manifest.problems import InputRefused, Key, Problem, dotted, shown

Data = dict[str, "Data"] | list["Data"] | str | int | float | bool | None

MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class Source:
    """A parsed file: `data` as YAML gives it, `lines` from the place of a key to its line number."""

    file: Path
    data: Data
    lines: dict[Key, int]

    def line(self, key: Key) -> int:
        """The line of a key, or of the nearest key around it that is in the file."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)

    def problem(self, key: Key, message: str, *, value: object = ...) -> Problem:
        found = None if value is ... else shown(value)
        return Problem(file=self.file, line=self.line(key), key=dotted(key), message=message, value=found)


def read(file: Path) -> Source:
    """Parse a YAML file. Raises InputRefused when it is missing, not UTF-8, not YAML, or repeats a key."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise InputRefused([Problem(file, 1, "(whole file)", f"cannot be read: {error.strerror}")]) from error
    if len(raw) > MAX_BYTES:
        raise InputRefused([Problem(file, 1, "(whole file)", f"is larger than {MAX_BYTES} bytes")])
    try:
        text = raw.decode("utf-8")
        alias = next(
            (e for e in yaml.parse(text, Loader=yaml.SafeLoader) if isinstance(e, yaml.AliasEvent)), None
        )
        if alias is not None:
            # an alias can contain itself, or multiply a short file into millions of values
            line = alias.start_mark.line + 1 if alias.start_mark else 1
            raise InputRefused(
                [Problem(file, line, f"*{alias.anchor}", "write the value out: no aliases here")]
            )
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise InputRefused([Problem(file, line, "(whole file)", "is not UTF-8 text")]) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise InputRefused([Problem(file, line, "(whole file)", f"is not YAML: {error.problem}")]) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputRefused([Problem(file, 1, "(whole file)", f"is not YAML: {error}")]) from error
    source = Source(file=file, data=data, lines=dict(_lines(node, ())) if node else {})
    if repeated := list(_repeated(node, ())) if node else []:
        raise InputRefused(
            [Problem(file, line, dotted(key), "is given twice; keep one") for key, line in repeated]
        )
    return source


def _lines(node: yaml.Node, key: Key) -> Iterator[tuple[Key, int]]:
    yield key, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            place = (*key, str(name.value))
            yield from _lines(value, place)
            yield place, name.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _lines(item, (*key, position))


def _repeated(node: yaml.Node, key: Key) -> Iterator[tuple[Key, int]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for name, value in node.value:
            place = (*key, str(name.value))
            if name.value in seen:
                yield place, name.start_mark.line + 1
            seen.add(str(name.value))
            yield from _repeated(value, place)
    elif isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _repeated(item, (*key, position))
