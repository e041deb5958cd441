"""How a deployment configuration shifts traffic. Pure.

Source: AWS CodeDeploy User Guide, "Working with deployment configurations in CodeDeploy", section "Deployment
configurations on an AWS Lambda compute platform"; CodeDeploy API Reference, TimeBasedCanary and
TimeBasedLinear (minutes between two shifts, percent of each).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

_CANARY = re.compile(r"^CodeDeployDefault\.LambdaCanary10Percent(5|10|15|30)Minutes$")
_LINEAR = re.compile(r"^CodeDeployDefault\.LambdaLinear10PercentEvery(1Minute|2Minutes|3Minutes|10Minutes)$")
_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"


class Step(NamedTuple):
    """`percent` of the requests go to the new version from `seconds` after the first shift on."""

    seconds: float
    percent: int


def steps(name: str, routing: Mapping[str, Any] | None) -> tuple[Step, ...]:
    """The shifts of the configuration `name`, the last of them to 100 percent.

    `routing` is the trafficRoutingConfig of a configuration of one's own. Raises ValueError for a name that
    AWS has not ready and for a configuration without routing.
    """
    if name == _AT_ONCE:
        return _canary(100, 0)
    if match := _CANARY.match(name):
        return _canary(10, int(match[1]))
    if match := _LINEAR.match(name):
        return _linear(10, int(match[1].rstrip("Minutes")))
    match (routing or {}).get("type"):
        case "TimeBasedCanary":
            canary = (routing or {})["timeBasedCanary"]
            return _canary(int(canary["canaryPercentage"]), int(canary["canaryInterval"]))
        case "TimeBasedLinear":
            linear = (routing or {})["timeBasedLinear"]
            return _linear(int(linear["linearPercentage"]), int(linear["linearInterval"]))
        case "AllAtOnce":
            return _canary(100, 0)
    raise ValueError(f"there is no deployment configuration {name} for functions")


def _canary(percent: int, minutes: int) -> tuple[Step, ...]:
    return (Step(0.0, 100),) if percent >= 100 else (Step(0.0, percent), Step(minutes * 60.0, 100))


def _linear(percent: int, minutes: int) -> tuple[Step, ...]:
    shares = [*range(percent, 100, percent), 100]
    return tuple(Step(n * minutes * 60.0, share) for n, share in enumerate(shares))
