"""What CloudWatch holds of the sandbox's functions: values in minutes of model time.

Rules, from the AWS Lambda Developer Guide, "Types of metrics for Lambda functions": Invocations counts runs
of the code, failed ones too, not throttled ones; Errors counts exceptions that the code throws and timeouts
(an answer with status 500 is none); Duration is in milliseconds. "Viewing metrics for Lambda functions":
kept by FunctionName; by FunctionName and Resource (the name with the alias or version that was called); and,
for an alias with weights, by FunctionName, Resource and ExecutedVersion.
"""

from __future__ import annotations

import math
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from harness.sandbox.services.cloudwatch import log_filters
from harness.sandbox.services.lambda_.invoke import Invocation

LAMBDA = "AWS/Lambda"
RESOLUTION = 60.0
# Minutes that are remembered; an alarm here looks back over a few.
KEPT = 240

Dimensions = frozenset[tuple[str, str]]


class Metric(NamedTuple):
    """One metric of one region."""

    region: str
    namespace: str
    name: str
    dimensions: Dimensions


def dimensions(named: Mapping[str, str]) -> Dimensions:
    return frozenset(named.items())


class Metrics:
    """Values by metric and minute. Thread safe, since invocations end in threads of their own.

    `now` gives Unix seconds of model time.
    """

    def __init__(self, now: Callable[[], float], *, account_id: str) -> None:
        self._now = now
        self._account = account_id
        self._lock = threading.Lock()
        self._values: dict[Metric, dict[int, list[float]]] = defaultdict(dict)

    def put(self, metric: Metric, value: float) -> None:
        minute = math.floor(self._now() / RESOLUTION)
        with self._lock:
            held = self._values[metric]
            if minute not in held:
                for old in [each for each in held if each < minute - KEPT]:
                    del held[old]
            held.setdefault(minute, []).append(value)

    def count(self, invocation: Invocation) -> None:
        """Keep one invocation as Lambda publishes it, and what metric filters find in its log."""
        error, milliseconds = float(invocation.error), invocation.milliseconds
        measured = {"Invocations": 1.0, "Errors": error, "Duration": milliseconds}
        for named in _dimensions_of(invocation):
            for name, value in measured.items():
                self.put(Metric(invocation.region, LAMBDA, name, dimensions(named)), value)
        region, function = invocation.region, invocation.function
        for found in log_filters.values(self._account, region, function, invocation.log):
            self.put(Metric(region, found.namespace, found.name, frozenset()), found.value)

    def holds(self, region: str, namespace: str) -> bool:
        """Whether the metrics of `namespace` come from here."""
        return namespace == LAMBDA or namespace in log_filters.namespaces(self._account, region)

    def statistic(self, metric: Metric, *, start: float, period: float, statistic: str) -> float | None:
        """The statistic over `period` seconds from `start` (Unix seconds); None where there is no value.

        `statistic`: Sum, Average, Minimum, Maximum, SampleCount, or a percentile such as p99 (CloudWatch User
        Guide, "CloudWatch statistics definitions"). Raises ValueError for any other.
        """
        first, end = math.floor(start / RESOLUTION), math.ceil((start + period) / RESOLUTION)
        with self._lock:
            held = self._values.get(metric, {})
            values = [value for minute in range(first, end) for value in held.get(minute, ())]
        return computed(values, statistic) if values else None

    def forget(self) -> None:
        with self._lock:
            self._values.clear()


def computed(values: list[float], statistic: str) -> float:
    """The statistic of at least one value. Raises ValueError for one that is not known."""
    simple: dict[str, Callable[[list[float]], float]] = {
        "Sum": math.fsum,
        "Average": lambda every: math.fsum(every) / len(every),
        "Minimum": min,
        "Maximum": max,
        "SampleCount": lambda every: float(len(every)),
    }
    if statistic in simple:
        return simple[statistic](values)
    try:
        share = float(statistic.removeprefix("p")) / 100
    except ValueError:
        share = -1.0
    if not statistic.startswith("p") or not 0 <= share <= 1:
        raise ValueError(f"the sandbox does not compute the statistic {statistic}")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def _dimensions_of(invocation: Invocation) -> Iterator[dict[str, str]]:
    yield {"FunctionName": invocation.function}
    by_resource = {"FunctionName": invocation.function, "Resource": invocation.resource}
    yield by_resource
    if invocation.weighted:
        yield {**by_resource, "ExecutedVersion": invocation.version}
