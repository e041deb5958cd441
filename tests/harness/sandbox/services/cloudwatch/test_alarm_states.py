"""Alarms that go off by themselves: metric math, evaluation, and what is counted of an invocation."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from harness.sandbox.services.cloudwatch.evaluation import Missing, Rule, State, state_of
from harness.sandbox.services.cloudwatch.expressions import NotComputed, Values, value_of
from harness.sandbox.services.cloudwatch.log_filters import matches
from harness.sandbox.services.cloudwatch.metrics import LAMBDA, Metric, Metrics, computed, dimensions
from harness.sandbox.services.cloudwatch.states import AlarmStates
from harness.sandbox.services.lambda_.invoke import Invocation

ACCOUNT, EAST = "123456789012", "us-east-1"
SHARE = "IF(requests >= 20, 100 * errors / requests, 0)"


class Time:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def invocation(**changed: Any) -> Invocation:
    told: dict[str, Any] = {
        "region": EAST,
        "function": "write",
        "resource": "write:live",
        "version": "8",
        "weighted": True,
        "error": False,
        "milliseconds": 12.0,
        "log": "",
    }
    return Invocation(**(told | changed))


def metric(name: str, **named: str) -> Metric:
    return Metric(EAST, LAMBDA, name, dimensions({"FunctionName": "write", **named}))


CANDIDATE = {"Resource": "write:live", "ExecutedVersion": "8"}


@pytest.mark.parametrize(
    ("expression", "values", "expected"),
    [
        (SHARE, {"requests": 40.0, "errors": 2.0}, 5.0),
        (SHARE, {"requests": 19.0, "errors": 19.0}, 0.0),
        (SHARE, {"requests": None, "errors": None}, None),
        ("errors / requests", {"requests": 0.0, "errors": 0.0}, None),
        ("FILL(errors, 0) + failures", {"errors": None, "failures": 3.0}, 3.0),
        ("a > 1 AND b > 1", {"a": 2.0, "b": 1.0}, 0.0),
        ("a > 1 || b > 1", {"a": 2.0, "b": 1.0}, 1.0),
        ("-a * 2", {"a": 3.0}, -6.0),
    ],
)
def test_metric_math_leaves_no_result_where_data_is_missing(
    expression: str, values: Values, expected: float | None
) -> None:
    assert value_of(expression, values) == expected


@pytest.mark.parametrize("expression", ["ANOMALY_DETECTION_BAND(m1)", "errors[0]", "unknown + 1", "1 +"])
def test_metric_math_that_is_not_known_is_refused_whole(expression: str) -> None:
    with pytest.raises(NotComputed) as caught:
        value_of(expression, {"errors": 1.0, "m1": 1.0})
    assert str(caught.value) == f"the sandbox cannot compute {expression}"


@pytest.mark.parametrize(
    ("values", "expected"),
    [([9.0, 9.0, 0.0], "ALARM"), ([9.0, 0.0, 0.0], "OK"), ([9.0, None, 9.0], "ALARM")],
)
def test_an_alarm_goes_off_when_enough_of_its_last_periods_breach(
    values: list[float | None], expected: State
) -> None:
    rule = Rule("GreaterThanOrEqualToThreshold", 5.0, periods=3, to_alarm=2, missing="notBreaching")
    assert state_of(rule, values, "OK") == expected


@pytest.mark.parametrize(
    ("missing", "before", "expected"),
    [
        ("missing", "ALARM", "INSUFFICIENT_DATA"),
        ("ignore", "ALARM", "ALARM"),
        ("breaching", "OK", "ALARM"),
        ("notBreaching", "ALARM", "OK"),
    ],
)
def test_an_alarm_without_data_does_as_it_was_told(missing: Missing, before: State, expected: State) -> None:
    assert state_of(Rule("GreaterThanThreshold", 0.0, 1, 1, missing), [None], before) == expected


def test_an_invocation_of_a_weighted_alias_is_also_counted_by_the_version_that_ran() -> None:
    metrics = Metrics(Time(60.0), account_id=ACCOUNT)
    metrics.count(invocation(error=True))
    metrics.count(invocation(version="7"))
    metrics.count(invocation(resource="write:7", version="7", weighted=False))

    def total(name: str, **named: str) -> float | None:
        return metrics.statistic(metric(name, **named), start=60, period=60, statistic="Sum")

    assert (
        total("Invocations"),
        total("Invocations", Resource="write:live"),
        total("Invocations", **CANDIDATE),
        total("Errors", **CANDIDATE),
        total("Errors", Resource="write:live"),
        total("Invocations", Resource="write:7", ExecutedVersion="7"),
    ) == (3, 2, 1, 1, 1, None)


def test_values_belong_to_the_minute_in_which_they_were_measured() -> None:
    time = Time(59.9)
    metrics = Metrics(time, account_id=ACCOUNT)
    metrics.count(invocation())
    time.now = 60.0
    metrics.count(invocation())
    counts = [
        metrics.statistic(metric("Invocations"), start=start, period=60, statistic="Sum")
        for start in (0, 60, 120)
    ]
    assert counts == [1, 1, None]


def test_statistics_are_those_of_cloudwatch() -> None:
    values = [float(n) for n in range(1, 101)]
    names = ("Sum", "Average", "Minimum", "Maximum", "SampleCount", "p99", "p50")
    assert [computed(values, name) for name in names] == [5050, 50.5, 1, 100, 100, 99, 50]
    with pytest.raises(ValueError, match="does not compute the statistic tm99"):
        computed(values, "tm99")


FAILED = '{ ($.level = "ERROR") && ($.version = "8") }'


@pytest.mark.parametrize(
    ("pattern", "line", "expected"),
    [
        (FAILED, {"level": "ERROR", "version": "8"}, True),
        (FAILED, {"level": "ERROR", "version": "7"}, False),
        (FAILED, {"level": "ERROR"}, False),
        ("{ $.status = 500 }", {"status": 500}, True),
        ('{ $.record.kind != "cold" }', {"record": {"kind": "warm"}}, True),
        ("{ $.duration > 5 }", {"duration": 9}, False),
        ("ERROR", {"level": "ERROR"}, False),
    ],
)
def test_a_filter_pattern_matches_json_lines_by_their_fields(
    pattern: str, line: dict[str, Any], expected: bool
) -> None:
    assert matches(pattern, line) == expected


class Alarm(SimpleNamespace):
    """As moto holds one."""

    def update_state(self, reason: str, data: str, state: str) -> None:
        self.state_value, self.reason = state, reason


def alarm(**changed: Any) -> Alarm:
    named = [SimpleNamespace(name=k, value=v) for k, v in {"FunctionName": "write", **CANDIDATE}.items()]

    def query(name: str, measured: str) -> Any:
        of = SimpleNamespace(namespace=LAMBDA, metric_name=measured, dimensions=named)
        stat = SimpleNamespace(metric=of, period="60", stat="Sum", unit=None)
        return SimpleNamespace(id=name, metric_stat=stat, expression=None, return_data="false")

    share = SimpleNamespace(id="share", metric_stat=None, expression=SHARE, return_data="true")
    told = {
        "comparison_operator": "GreaterThanOrEqualToThreshold",
        "threshold": "1",
        "evaluation_periods": "1",
        "datapoints_to_alarm": "1",
        "treat_missing_data": "notBreaching",
        "metric_data_queries": [share, query("errors", "Errors"), query("requests", "Invocations")],
        "state_value": "OK",
    }
    return Alarm(**(told | changed))


def states(found: Alarm | None, *, failing: int, of: int) -> AlarmStates:
    metrics = Metrics(Time(30.0), account_id=ACCOUNT)
    for n in range(of):
        metrics.count(invocation(error=n < failing))
    return AlarmStates(metrics, alarm=lambda region, name: found, delay=lambda: 25.0)


def test_an_alarm_is_evaluated_some_time_after_the_minute_and_is_over_with_the_next() -> None:
    found = alarm()
    watched = states(found, failing=3, of=30)
    moments = (59.0, 84.0, 85.0, 120.0, 145.0)
    assert [watched.state(EAST, "any", now=now) for now in moments] == ["OK", "OK", "ALARM", "ALARM", "OK"]
    assert (found.state_value, found.reason) == ("OK", "Evaluated by the sandbox: OK")


def test_below_its_minimum_of_requests_the_alarm_stays_silent() -> None:
    assert states(alarm(), failing=19, of=19).state(EAST, "any", now=90.0) == "OK"


def test_an_alarm_over_metrics_of_another_service_keeps_its_state() -> None:
    other = alarm(
        metric_data_queries=[],
        namespace="AWS/ApiGateway",
        metric_name="5XXError",
        dimensions=[],
        period="60",
        statistic="Sum",
        extended_statistic=None,
        state_value="ALARM",
    )
    watched = states(other, failing=0, of=1)
    assert watched.state(EAST, "any", now=90.0) == "ALARM"
    assert states(None, failing=0, of=0).state(EAST, "none", now=90.0) is None
