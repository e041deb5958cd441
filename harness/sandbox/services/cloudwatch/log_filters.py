"""Metric filters: values that come from the lines of a function's log.

Source: Amazon CloudWatch Logs User Guide, "Filter pattern syntax for metric filters", section "Using filter
patterns to match terms in JSON log events", as far as equality and && go, and "Configuring metric values for
a metric filter". A filter with another pattern, with dimensions, or with a value that is no number matches
nothing here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from harness.sandbox.services.cloudwatch import stored

_TERM = re.compile(
    r"""^\(?\s*\$\.(?P<path>[\w.]+)\s*(?P<sign>!?=)\s*(?:"(?P<text>[^"]*)"|(?P<bare>[\w.-]+))\s*\)?$"""
)


class Found(NamedTuple):
    """One value of a metric, from one line."""

    namespace: str
    name: str
    value: float


def matches(pattern: str, line: Mapping[str, Any]) -> bool:
    """Whether a JSON line is what the pattern asks for; never for a pattern that is not understood here.

    >>> matches('{ ($.level = "ERROR") && ($.version = "8") }', {"level": "ERROR", "version": "8"})
    True
    """
    text = pattern.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return False
    return all(_holds(term.strip(), line) for term in text[1:-1].split("&&"))


def _holds(term: str, line: Mapping[str, Any]) -> bool:
    found = _TERM.match(term)
    if found is None:
        return False
    held: Any = line
    for step in found["path"].split("."):
        held = held.get(step) if isinstance(held, Mapping) else None
    if held is None:
        return False
    wanted = found["text"] if found["text"] is not None else found["bare"]
    return (str(held) == wanted) == (found["sign"] == "=")


def values(account: str, region: str, function: str, log: str) -> Iterator[Found]:
    """What the metric filters on a function's log group make of what one invocation printed."""
    lines = [line for line in map(_object, log.splitlines()) if line is not None]
    if not lines:
        return
    group = f"/aws/lambda/{function}"
    for owner, filtered in stored.metric_filters(account, region):
        for line in lines if owner == group else ():
            if matches(filtered["filterPattern"], line):
                yield from _transformed(filtered["metricTransformations"])


def namespaces(account: str, region: str) -> frozenset[str]:
    """The namespaces that the region's metric filters write to."""
    return frozenset(
        transformation["metricNamespace"]
        for _, filtered in stored.metric_filters(account, region)
        for transformation in filtered["metricTransformations"]
    )


def _transformed(transformations: list[dict[str, Any]]) -> Iterator[Found]:
    for told in transformations:
        try:
            value = float(told["metricValue"])
        except ValueError:
            continue
        if not told.get("dimensions"):
            yield Found(told["metricNamespace"], told["metricName"], value)


def _object(line: str) -> dict[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
