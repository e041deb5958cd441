"""MiniStack's log groups."""

from __future__ import annotations

import importlib
from typing import Any


def log_group(account: str, region: str, name: str) -> Any | None:
    """The log group as MiniStack holds it, to be changed in place; None when there is none."""
    logs = importlib.import_module("ministack.services.cloudwatch_logs")
    return logs._log_groups.get_scoped(account, region, name)
