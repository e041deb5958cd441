"""A block's configuration as checkov gives it, read alike from source and from plans.

Source wraps each value in a list, plans wrap most of them; a value that is not known is a reference in source
and `true_after_unknown` in a plan. checkov puts this folder on its path, so checks import this by its bare
name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_REFERENCE = re.compile(
    r"^(?:true_after_unknown$|(?:var|local|data|module|each|count|self|aws_\w+)[.\[])|\$\{"
)


def many(value: Any) -> list[Any]:
    """The values inside however many lists, in order, without nulls."""
    if isinstance(value, list | tuple | set):
        return [found for each in value for found in many(each)]
    return [] if value is None else [value]


def one(block: Mapping[str, Any], key: str) -> Any:
    """The first value of a key; None where there is none, or where it is null or empty."""
    return next((value for value in many(block.get(key)) if value not in ("", "null", {})), None)


def blocks(block: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """The nested blocks (or maps) of a key."""
    return [value for value in many(block.get(key)) if isinstance(value, dict)]


def is_unknown(value: Any) -> bool:
    """A reference that was not resolved, or a value that only an apply gives."""
    return isinstance(value, str) and bool(_REFERENCE.search(value))


def is_true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def whole_number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def statements(policy: Any) -> list[Mapping[str, Any]] | None:
    """The statements of a policy in IAM's JSON; None where it cannot be read (not known, or not JSON)."""
    for value in many(policy):
        if isinstance(value, str):
            try:
                value = json.loads(value)
            except json.JSONDecodeError:
                return None
        if not isinstance(value, dict):
            return None
        return [each for each in many(value.get("Statement")) if isinstance(each, dict)]
    return None


def document_statements(conf: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The statements of a `data "aws_iam_policy_document"` as IAM's JSON has them."""
    for each in blocks(conf, "statement"):
        found = {
            "Effect": one(each, "effect") or "Allow",
            "Action": many(each.get("actions")),
            "NotAction": many(each.get("not_actions")),
            "Resource": many(each.get("resources")),
            "Condition": _conditions(blocks(each, "condition")),
        }
        if principals := blocks(each, "principals"):
            found["Principal"] = [
                identifier for one_ in principals for identifier in many(one_["identifiers"])
            ]
        yield found


def _conditions(conditions: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, list[Any]]]:
    found: dict[str, dict[str, list[Any]]] = {}
    for each in conditions:
        found.setdefault(str(one(each, "test")), {})[str(one(each, "variable"))] = many(each.get("values"))
    return found
