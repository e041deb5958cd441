"""The states of alarms over the sandbox's own metrics, written to the emulator that keeps the alarms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from harness.sandbox.services.cloudwatch.evaluation import COMPARISONS, Missing, Rule, State, state_of
from harness.sandbox.services.cloudwatch.expressions import NotComputed, value_of
from harness.sandbox.services.cloudwatch.metrics import Metric, Metrics, dimensions


class _Query(NamedTuple):
    """One line of an alarm's metric math: a metric with its statistic, or an expression."""

    name: str
    metric: Metric | None
    statistic: str
    expression: str


class Definition(NamedTuple):
    """An alarm that can be evaluated: what it computes over each period of `period` seconds, and its rule."""

    queries: tuple[_Query, ...]
    result: str
    period: float
    rule: Rule


class AlarmStates:
    """Evaluates alarms of one account when asked for their states.

    `alarm(region, name)` is the alarm as the emulator holds it, None when there is none; `delay()` draws the
    seconds after the end of a period until its values are there and evaluated.
    """

    def __init__(
        self, metrics: Metrics, *, alarm: Callable[[str, str], Any], delay: Callable[[], float]
    ) -> None:
        self._metrics = metrics
        self._alarm = alarm
        self._delay = delay
        self._drawn: dict[tuple[str, float], float] = {}

    def state(self, region: str, name: str, *, now: float) -> State | None:
        """The state of an alarm at `now` (Unix seconds of model time); None when there is no such alarm.

        An alarm over metrics that are not the sandbox's own keeps the state that it has.
        """
        alarm = self._alarm(region, name)
        if alarm is None:
            return None
        before: State = alarm.state_value
        definition = _definition(alarm, region, self._metrics)
        if definition is None:
            return before
        try:
            found = state_of(definition.rule, self._values(definition, region, now), before)
        except (NotComputed, ValueError):
            return before
        if found != before:
            alarm.update_state(f"Evaluated by the sandbox: {found}", "{}", found)
        return found

    def _values(self, definition: Definition, region: str, now: float) -> list[float | None]:
        period = definition.period
        last = math.floor(now / period) * period
        while last + self._drawn.setdefault((region, last), self._delay()) > now:
            last -= period
        starts = [last - period * (n + 1) for n in range(definition.rule.periods)]
        return [self._value(definition, start) for start in starts]

    def _value(self, definition: Definition, start: float) -> float | None:
        values: dict[str, float | None] = {}
        for query in definition.queries:
            if query.metric is not None:
                values[query.name] = self._metrics.statistic(
                    query.metric, start=start, period=definition.period, statistic=query.statistic
                )
        for query in definition.queries:
            if query.metric is None:
                values[query.name] = value_of(query.expression, values)
        return values[definition.result]


def _definition(alarm: Any, region: str, metrics: Metrics) -> Definition | None:
    """What an alarm of the emulator computes; None when it looks at metrics that are not the sandbox's own,
    or at none at all (a composite alarm)."""
    if alarm.comparison_operator not in COMPARISONS:
        return None
    if alarm.metric_data_queries:
        queries = tuple(_query(each, region) for each in alarm.metric_data_queries)
        shown = [each.id for each in alarm.metric_data_queries if str(each.return_data).lower() == "true"]
        period = max(
            (float(each.metric_stat.period) for each in alarm.metric_data_queries if each.metric_stat),
            default=0.0,
        )
        result = shown[0] if shown else ""
    else:
        metric = Metric(region, str(alarm.namespace), str(alarm.metric_name), _named(alarm.dimensions))
        statistic = str(alarm.extended_statistic or alarm.statistic)
        queries, result, period = (_Query("m", metric, statistic, ""),), "m", float(alarm.period or 0)
    own = all(metrics.holds(region, each.metric.namespace) for each in queries if each.metric is not None)
    if not own or not period or not result:
        return None
    periods = int(alarm.evaluation_periods)
    to_alarm = int(alarm.datapoints_to_alarm or periods)
    missing: Missing = alarm.treat_missing_data or "missing"
    return Definition(
        queries,
        result,
        period,
        Rule(alarm.comparison_operator, float(alarm.threshold), periods, to_alarm, missing),
    )


def _query(query: Any, region: str) -> _Query:
    if query.metric_stat is None:
        return _Query(query.id, None, "", str(query.expression))
    stat = query.metric_stat
    metric = Metric(
        region, str(stat.metric.namespace), str(stat.metric.metric_name), _named(stat.metric.dimensions)
    )
    return _Query(query.id, metric, str(stat.stat), "")


def _named(found: Any) -> frozenset[tuple[str, str]]:
    return dimensions({each.name: each.value for each in found})
