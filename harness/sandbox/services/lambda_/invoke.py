"""Invocations of functions: starting one, and what is known of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from harness.sandbox.services.lambda_ import stored


class Invocation(NamedTuple):
    """One run of a function's code. `resource` is the function's name, with the alias or version that was
    called behind a colon; `weighted`: the alias had two versions to choose from. `log` is what it printed."""

    region: str
    function: str
    resource: str
    version: str
    weighted: bool
    error: bool
    milliseconds: float
    log: str


async def invoke_function(account: str, region: str, function: str, event: Mapping[str, Any]) -> str | None:
    """Start the function by its ARN and wait for it; what went wrong in one line, None when nothing did."""
    try:
        result = await stored.execute(account, region, function, event)
    except LookupError as missing:
        return str(missing)
    return str(result.get("body") or "the function failed")[:500] if result.get("error") else None
