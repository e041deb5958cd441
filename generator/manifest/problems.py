"""Mistakes in an input file, all told at once: file, line, key, value found, and what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

Key = tuple[str | int, ...]
# Key, message, and the value found (None where the key is missing or names a whole part).
Contradiction = tuple[Key, str, object]


@dataclass(frozen=True)
class Problem:
    """One mistake. `message` says what is allowed or what to do; `value` is the text in the file."""

    file: Path
    line: int
    key: str
    message: str
    value: str | None = None

    def __str__(self) -> str:
        found = "" if self.value is None else f" (found {self.value})"
        return printable(f"{self.file}:{self.line}: {self.key}: {self.message}{found}")


class InputRefused(Exception):
    """Bad input, or something that must not be done: exit status 2. Carries every problem found."""

    def __init__(self, problems: Sequence[Problem | str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


def printable(text: str) -> str:
    """`text` with escapes for control characters: a key may hold a terminal's, or a newline with a false line
    of ours after it."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def dotted(key: Key) -> str:
    """A key's place as people write it: ("regions", "us-east-1", "cidr") -> regions.us-east-1.cidr."""
    text = ""
    for part in key:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "(whole file)"


def shown(value: object, *, limit: int = 80) -> str:
    """A value for a message: quoted if it is text, cut when long."""
    text = repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."
