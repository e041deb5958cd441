"""MiniStack's EventBridge rules and their targets."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

# Account, region, and the name of a rule behind that of its bus.
RuleKey = tuple[str, str, str]


def rules() -> list[tuple[RuleKey, Mapping[str, Any]]]:
    """Every rule of every account and region, in order."""
    return sorted(_events()._rules._data.items())


def rule(key: RuleKey) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = _events()._rules._data.get(key)
    return found


def targets(key: RuleKey) -> Sequence[Mapping[str, Any]]:
    """The targets of one rule."""
    found: Sequence[Mapping[str, Any]] = _events()._targets._data.get(key, [])
    return found


def _events() -> Any:
    return importlib.import_module("ministack.services.eventbridge")
