"""When an alarm changes its state. Pure.

Source: Amazon CloudWatch User Guide, "Using Amazon CloudWatch alarms", sections "Evaluating an alarm" (M out
of N periods) and "Configuring how CloudWatch alarms treat missing data". Not followed: "Percentile-based
alarms and low data samples"; a percentile of few values counts as one of many.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Missing = Literal["missing", "ignore", "breaching", "notBreaching"]

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanOrEqualToThreshold": operator.le,
    "LessThanThreshold": operator.lt,
}


class Rule(NamedTuple):
    """What an alarm compares: `to_alarm` of the last `periods` values must breach the threshold."""

    comparison: str
    threshold: float
    periods: int
    to_alarm: int
    missing: Missing = "missing"

    def breaches(self, value: float) -> bool:
        return COMPARISONS[self.comparison](value, self.threshold)


def state_of(rule: Rule, values: Sequence[float | None], before: State) -> State:
    """The state after the last `rule.periods` values, None where there was no data.

    Without data in every one of them, an alarm that treats missing data as missing is INSUFFICIENT_DATA, and
    one that ignores it stays as it is.
    """
    present = [value for value in values if value is not None]
    if not present and rule.missing == "missing":
        return "INSUFFICIENT_DATA"
    if not present and rule.missing == "ignore":
        return before
    filled = [rule.missing == "breaching" if value is None else rule.breaches(value) for value in values]
    if sum(filled) >= rule.to_alarm:
        return "ALARM"
    return before if rule.missing == "ignore" and len(present) < len(values) else "OK"
