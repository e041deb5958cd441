"""The part of API Gateway's mapping template language that a MOCK integration's answer needs.

Velocity with #set, #if, #elseif, #else, #end; strings, ==, !=, !, &&, ||; `$input.params(...)`, and
`$context.responseOverride` for headers and status. Pure. Source: API Gateway guide, "Mapping template
transformations for REST APIs" and "Override your API's request and response parameters and status codes".
What it does not know it leaves out, as Velocity's quiet references do; it never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

_DIRECTIVE = re.compile(r"#(set|if|elseif)\s*\(|#(?:(else|end)\b|\{(else|end)\})|##[^\n]*\n?")
_REFERENCE = re.compile(r"\$!?\{?([A-Za-z_]\w*(?:\.[A-Za-z_][\w-]*(?:\([^()]*\))?)*)\}?")
_TOKEN = re.compile(
    r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|\|\||&&|==|!=|[!()]|-?\d+|\$!?\{?[A-Za-z_][\w.-]*"""
    r"""(?:\([^()]*\)(?:\.[A-Za-z_][\w-]*)*)*\}?|\w+)"""
)
_STEP = re.compile(r"\.?([A-Za-z_][\w-]*)(?:\(([^()]*)\))?")


class Rendered(NamedTuple):
    """The body of the answer, the headers that the template overrides, and the status if it does."""

    body: str
    headers: dict[str, str]
    status: int | None


class _Headers(dict[str, str]):
    """Header names as HTTP compares them: whatever the case."""

    def get(self, key: str, default: Any = None) -> Any:
        return next((value for name, value in self.items() if name.lower() == key.lower()), default)


def render(template: str, *, headers: Mapping[str, str], query: Mapping[str, str]) -> Rendered:
    """What `template` makes of a request with these headers and query parameters.

    >>> render('#if($input.params("a") == "1")yes#{else}no#end', headers={}, query={"a": "1"}).body
    'yes'
    """
    scope: dict[str, Any] = {
        "input": {"params": {"path": {}, "querystring": dict(query), "header": _Headers(headers)}},
        "context": {"responseOverride": {"header": {}}},
    }
    body = _render(_parts(template), scope)
    override = scope["context"]["responseOverride"]
    status = str(override.get("status", ""))
    return Rendered(
        body=body,
        headers={name: _text(value) for name, value in override["header"].items()},
        status=int(status) if status.isdigit() else None,
    )


def _parts(template: str) -> list[tuple[str, str]]:
    """Text and directives in order, each as (kind, content)."""
    parts, position = [], 0
    while match := _DIRECTIVE.search(template, position):
        parts.append(("text", template[position : match.start()]))
        position = match.end()
        if match[1]:
            close = _closing(template, position)
            parts.append((match[1], template[position:close]))
            position = close + 1
        elif match[2] or match[3]:
            parts.append((match[2] or match[3], ""))
    return [*parts, ("text", template[position:])]


def _closing(template: str, start: int) -> int:
    depth, quote = 1, ""
    for index in range(start, len(template)):
        char = template[index]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0:
                return index
    return len(template)


def _render(parts: list[tuple[str, str]], scope: dict[str, Any]) -> str:
    out: list[str] = []
    # one entry per open #if: whether its present branch is live, and whether any branch was taken
    branches: list[tuple[bool, bool]] = []
    for kind, content in parts:
        live = all(taken for taken, _ in branches)
        if kind == "if":
            holds = live and _truth(_value(content, scope))
            branches.append((holds, holds))
        elif kind in ("elseif", "else") and branches:
            _, done = branches.pop()
            outer = all(taken for taken, _ in branches)
            holds = outer and not done and (kind == "else" or _truth(_value(content, scope)))
            branches.append((holds, done or holds))
        elif kind == "end" and branches:
            branches.pop()
        elif live and kind == "set":
            _assign(content, scope)
        elif live and kind == "text":
            out.append(_REFERENCE.sub(lambda match: _text(_look_up(match[1], scope)), content))
    return "".join(out)


def _assign(content: str, scope: dict[str, Any]) -> None:
    name, _, expression = content.partition("=")
    *path, last = name.strip().lstrip("$!{").rstrip("}").split(".")
    place = scope
    for step in path:
        place = place.setdefault(step, {})
        if not isinstance(place, dict):
            return
    value = _value(expression, scope)
    if value is not None:  # Velocity leaves the reference as it was
        place[last] = value


def _value(expression: str, scope: dict[str, Any]) -> Any:
    return _either(iter([*_TOKEN.findall(expression), ""]), scope)[0]


def _either(tokens: Iterator[str], scope: dict[str, Any]) -> tuple[Any, str]:
    value, token = _both(tokens, scope)
    while token == "||":
        right, token = _both(tokens, scope)
        value = _truth(value) or _truth(right)
    return value, token


def _both(tokens: Iterator[str], scope: dict[str, Any]) -> tuple[Any, str]:
    value, token = _compared(tokens, scope)
    while token == "&&":
        right, token = _compared(tokens, scope)
        value = _truth(value) and _truth(right)
    return value, token


def _compared(tokens: Iterator[str], scope: dict[str, Any]) -> tuple[Any, str]:
    value = _single(tokens, scope)
    token = next(tokens, "")
    while token in ("==", "!="):
        right = _single(tokens, scope)
        value = (value == right) == (token == "==")
        token = next(tokens, "")
    return value, token


def _single(tokens: Iterator[str], scope: dict[str, Any]) -> Any:
    token = next(tokens, "")
    if token == "!":
        return not _truth(_single(tokens, scope))
    if token == "(":
        return _either(tokens, scope)[0]
    if token[:1] in ("'", '"'):
        return token[1:-1]
    if token.startswith("$"):
        return _look_up(token.lstrip("$!{").rstrip("}"), scope)
    return {"true": True, "false": False}.get(token, int(token) if token.lstrip("-").isdigit() else None)


def _look_up(reference: str, scope: dict[str, Any]) -> Any:
    node: Any = scope
    for name, arguments in _STEP.findall(reference):
        if not isinstance(node, Mapping):
            return None
        argument = arguments.strip().strip("\"'")
        if name == "get" and argument:
            node = node.get(argument)
        else:
            node = node.get(name)
            if name == "params" and argument and isinstance(node, Mapping):
                node = next(
                    (found for place in node.values() if (found := place.get(argument)) is not None), ""
                )
    return node


def _truth(value: Any) -> bool:
    return value is not None and value is not False


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, Mapping) else str(value)
