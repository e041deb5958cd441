"""The only way from a value to HCL text: every manifest value that reaches a generated file passes here.

A string is always written as a quoted template in which nothing can be read as a template sequence, so a
quote, a newline, `${` or `%{` in a value stays a value (HCL native syntax specification, "Template
Expressions"). Layout is `terraform fmt`'s own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None
Value: TypeAlias = "Scalar | Reference | Block | Sequence[Value] | Mapping[str, Value]"

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REFERENCE: Final = re.compile(
    r"""[a-z][a-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_-]*|\["[A-Za-z0-9_.-]+"\])*(\ [!=]=\ null)?""", re.VERBOSE
)
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# HCL reserves these words as expressions, so they are quoted as object keys.
_KEYWORDS: Final = frozenset({"null", "true", "false", "for", "if", "in"})


@dataclass(frozen=True)
class Reference:
    """A traversal that Terraform evaluates, for example `module.zone.zone_id`; written as it stands.

    Raises ValueError when the text is anything but a traversal, so that no value can pass as one.
    """

    path: str

    def __post_init__(self) -> None:
        if not _REFERENCE.fullmatch(self.path):
            raise ValueError(f"not a Terraform reference: {self.path!r}")


@dataclass(frozen=True)
class Block:
    """A nested block: written as `name { ... }` where an attribute would be `name = ...`."""

    body: Mapping[str, Value]


def unencodable(text: str) -> str | None:
    """Why Terraform could not hand this string back unchanged, or None when it can.

    Terraform normalises strings to Unicode NFC (cty, "Strings"), and lone surrogates are not UTF-8.
    """
    if any(unicodedata.category(char) == "Cs" for char in text):
        return "contains half of a surrogate pair, which is not valid Unicode"
    if "\0" in text:
        return "contains a NUL character, which AWS accepts nowhere"
    if unicodedata.normalize("NFC", text) != text:
        return "is not in Unicode normal form NFC, to which Terraform would change it silently"
    return None


def string(text: str) -> str:
    """A quoted HCL string that evaluates to exactly `text`; ValueError when none does."""
    if reason := unencodable(text):
        raise ValueError(f"string {reason}: {text[:40]!r}")
    quoted = "".join(map(_character, text))
    return '"' + quoted.replace("${", "$${").replace("%{", "%%{") + '"'


def expression(value: Value, *, indent: int = 0) -> str:
    """`value` as an HCL expression; continuation lines are indented for a body at `indent` spaces.

    Lists of scalars stay on one line, maps and lists of maps are broken up, an empty one is `{}` or `[]`.
    """
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return string(value)
        case Reference():
            return value.path
        case Block():
            return "{\n" + attributes(value.body, indent=indent + 2) + " " * indent + "}"
        case Mapping():
            return _object(value, indent=indent)
        case _:
            return _tuple(value, indent=indent)


def attributes(values: Mapping[str, Value], *, indent: int) -> str:
    """The attributes of a block or object, one a line, equals signs aligned as `terraform fmt` aligns them.

    Consecutive one-line attributes form a group; an attribute that spans lines stands for itself.
    """
    pad = " " * indent
    written = [_attribute(name, value, indent=indent) for name, value in values.items()]
    lines: list[str] = []
    for item, width in zip(written, _group_widths(written), strict=True):
        gap = "\n" if item.block and lines else ""
        lines.append(f"{gap}{pad}{item.name:<{width}} {'' if item.block else '= '}{item.text}\n")
    return "".join(lines)


@dataclass(frozen=True)
class _Attribute:
    name: str
    text: str
    block: bool


def _attribute(name: str, value: Value, *, indent: int) -> _Attribute:
    return _Attribute(_key(name), expression(value, indent=indent), isinstance(value, Block))


def _group_widths(written: Sequence[_Attribute]) -> list[int]:
    widths = [len(item.name) for item in written]
    group: list[int] = []
    for position, item in enumerate(written):
        group = [] if "\n" in item.text else [*group, position]
        longest = max((len(written[member].name) for member in group), default=0)
        for member in group:
            widths[member] = longest
    return widths


def _object(value: Mapping[str, Value], *, indent: int) -> str:
    if not value:
        return "{}"
    return "{\n" + attributes(value, indent=indent + 2) + " " * indent + "}"


def _tuple(value: Sequence[Value], *, indent: int) -> str:
    if not any(isinstance(item, Mapping) for item in value):
        return "[" + ", ".join(expression(item) for item in value) + "]"
    pad = " " * (indent + 2)
    items = "".join(f"{pad}{expression(item, indent=indent + 2)},\n" for item in value)
    return "[\n" + items + " " * indent + "]"


def _key(name: str) -> str:
    if _IDENTIFIER.fullmatch(name) and name not in _KEYWORDS:
        return name
    # escaped, because `terraform fmt` aligns by grapheme clusters and characters are all that is counted here
    return "".join(char if char.isascii() else _codepoint(char) for char in string(name))


def _character(char: str) -> str:
    return _ESCAPES.get(char) or (char if char.isprintable() else _codepoint(char))


def _codepoint(char: str) -> str:
    number = ord(char)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"
