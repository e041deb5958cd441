"""Which values of a plan may be seen, and their text. Whatever could be a secret has none.

A plan's JSON holds every value in the clear and marks the sensitive ones beside it, in `before_sensitive` and
`after_sensitive`: `true` for a whole value, or a structure of the same shape (developer.hashicorp.com, JSON
Output Format, Change Representation). The mark depends on authors and providers, so what is a secret by its
name or its type is hidden too.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SENSITIVE = "(sensitive)"
UNKNOWN = "(known after apply)"
LONGEST = 120
"""Characters of a value's text; the rest is cut."""

_SECRET_NAMES = re.compile(
    r"passw|passphrase|secret|token|credential|private|api_?key|access_?key|auth|certificate_body|"
    r"connection_string|user_data|environment|variables|key_material|plaintext|ciphertext",
    re.IGNORECASE,
)
_SECRET_TYPES = re.compile(
    r"secret|password|credential|access_key|token|private_key|ssm_parameter|_invocation$"
)
# Of a secret's resource these say which it is, not what it holds.
_IDENTITY = ("arn", "bucket", "id", "identifier", "kms_key_id", "name", "region", "secret_id")


@dataclass(frozen=True, kw_only=True)
class ValueChange:
    """One attribute, `attribute[0].name`, and the text of its values; None where there is none."""

    path: str
    before: str | None = None
    after: str | None = None

    def __str__(self) -> str:
        if self.before is None and self.after is None:
            return self.path
        return f"{self.path} ({self.before or 'none'} -> {self.after or 'none'})"


def value_changes(
    change: Mapping[str, Any], paths: Iterable[Sequence[object]], resource_type: str
) -> tuple[ValueChange, ...]:
    """The values at `paths` of one resource's change, sorted by path. A path ends where a secret begins."""
    return tuple(
        sorted((_value_change(change, tuple(path), resource_type) for path in paths), key=lambda it: it.path)
    )


def _value_change(change: Mapping[str, Any], path: tuple[object, ...], resource_type: str) -> ValueChange:
    marks = (change.get("before_sensitive"), change.get("after_sensitive"))
    path = path[: min(_visible(mark, path) for mark in marks)]
    if any(mark is True for mark in marks) or is_secret(resource_type, path):
        hidden = True
    else:
        hidden = any(_holds_true(_at(mark, path)) for mark in marks)
    if hidden:
        return ValueChange(path=path_text(path), before=SENSITIVE, after=SENSITIVE)
    unknown = _holds_true(_at(change.get("after_unknown"), path))
    return ValueChange(
        path=path_text(path),
        before=_text_at(change.get("before"), path),
        after=UNKNOWN if unknown else _text_at(change.get("after"), path),
    )


def is_secret(resource_type: str, path: Sequence[object]) -> bool:
    """By name: the attribute says so, or its resource's type does and the attribute is not its identity."""
    if any(isinstance(step, str) and _SECRET_NAMES.search(step) and step not in _IDENTITY for step in path):
        return True
    return bool(_SECRET_TYPES.search(resource_type)) and not (len(path) == 1 and path[0] in _IDENTITY)


def path_text(path: Iterable[object]) -> str:
    """`["attribute", 0, "name"]` -> `attribute[0].name`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else str(step))
    return text


def value_text(value: object) -> str:
    """A value as one line of printable text, cut when long. What a name in it calls a secret is hidden."""
    text = json.dumps(_without_secrets(value), ensure_ascii=False, sort_keys=True)
    return cut(printable(text), LONGEST)


def printable(text: str) -> str:
    """Line ends, control characters and marks that turn text around become escapes."""
    return "".join(
        char
        if not unicodedata.category(char).startswith(("C", "Zl", "Zp"))
        else char.encode("unicode_escape", "backslashreplace").decode()
        for char in text
    )


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _without_secrets(value: object) -> object:
    if isinstance(value, Mapping):
        return {
            str(name): SENSITIVE if _SECRET_NAMES.search(str(name)) else _without_secrets(each)
            for name, each in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(each) for each in value]
    return value


def _visible(mark: object, path: Sequence[object]) -> int:
    """How many steps of the path lie at or above where `mark` says that a secret begins, at least one."""
    for length in range(len(path)):
        if _at(mark, path[:length]) is True:
            return max(1, length)
    return len(path)


def _at(value: object, path: Sequence[object]) -> object:
    for step in path:
        inside = step in value if isinstance(value, Mapping) else _is_index(value, step)
        if not inside:
            return None
        value = value[step]  # type: ignore[index]
    return value


def _is_index(value: object, step: object) -> bool:
    return isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value)


def _text_at(value: object, path: Sequence[object]) -> str | None:
    found = _at(value, path)
    return None if found is None else value_text(found)


def _holds_true(mark: object) -> bool:
    if isinstance(mark, Mapping):
        return any(_holds_true(each) for each in mark.values())
    if isinstance(mark, list):
        return any(_holds_true(each) for each in mark)
    return mark is True
