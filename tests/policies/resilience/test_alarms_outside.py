"""RES005 on real plans whose judges were brought into the region that they judge."""

from __future__ import annotations

from typing import Any

import pytest

from policies.finding import Finding
from policies.resilience.alarms_outside import SOURCE
from tests.policies.resilience.changed_plans import (
    ACTIVE_STANDBY,
    CDN,
    GLOBAL,
    edited,
    found,
    values,
    without,
)

ALARM = 'module.failover.aws_cloudwatch_metric_alarm.unreachable["us-east-1"]'


def finding(where: str, message: str, fix: str) -> Finding:
    return Finding("RES005", "error", where, message, fix, SOURCE)


def test_a_region_on_which_another_has_no_alarm_is_found() -> None:
    assert found("RES005", GLOBAL, without("us-east-2", ALARM)) == [
        finding(
            "us-east-2: aws_cloudwatch_metric_alarm",
            "no alarm in us-east-2 is on Antipode/Failover RegionReachable of us-east-1",
            "call operations/failover in every region that has a vote, as `make generate` does",
        )
    ]


def test_an_alarm_that_keeps_silent_about_silence_is_found() -> None:
    assert found("RES005", GLOBAL, values("eu-west-1", ALARM, treat_missing_data="ignore")) == [
        finding(
            f"eu-west-1: {ALARM}",
            "takes silence about us-east-1 for ignore, and an observer that has stopped is silent",
            'set treat_missing_data = "breaching"',
        )
    ]


@pytest.mark.parametrize("change", [{"alarm_actions": []}, {"actions_enabled": False}])
def test_an_alarm_that_tells_nobody_is_found(change: dict[str, Any]) -> None:
    assert found("RES005", GLOBAL, values("eu-west-1", ALARM, **change)) == [
        finding(
            f"eu-west-1: {ALARM}",
            "tells nobody that us-east-1 is lost",
            "give it an action: a topic of its own region",
        )
    ]


def test_an_alarm_that_tells_through_the_lost_region_is_found() -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:people"
    assert found("RES005", GLOBAL, values("eu-west-1", ALARM, alarm_actions=[topic])) == [
        finding(
            f"eu-west-1: {ALARM}",
            f"tells of us-east-1 through us-east-1 ({topic})",
            "use a topic of the alarm's own region",
        )
    ]


def test_a_region_that_watches_itself_is_found() -> None:
    own = 'module.failover.aws_cloudwatch_metric_alarm.unreachable["eu-west-1"]'

    def itself(alarm: Any) -> None:
        alarm["dimensions"]["Region"] = "us-east-1"

    assert found("RES005", GLOBAL, edited("us-east-1", own, itself)) == [
        finding(
            f"us-east-1: {own}",
            "watches us-east-1 from us-east-1 itself: with the region its alarm goes silent",
            "watch a region from the others",
        ),
        finding(
            "us-east-1: aws_cloudwatch_metric_alarm",
            "no alarm in us-east-1 is on Antipode/Failover RegionReachable of eu-west-1",
            "call operations/failover in every region that has a vote, as `make generate` does",
        ),
    ]


def test_a_health_check_on_an_alarm_of_the_region_itself_is_found() -> None:
    address = 'module.routing.aws_route53_health_check.this["us-west-2"]'
    change = values(
        "edge",
        address,
        type="CLOUDWATCH_METRIC",
        cloudwatch_alarm_name="errors",
        cloudwatch_alarm_region="us-west-2",
    )
    assert [each for each in found("RES005", ACTIVE_STANDBY, change) if each.severity == "error"] == [
        finding(
            f"edge: {address}",
            "judges us-west-2 by the alarm errors in us-west-2 itself: with the region its judge goes silent",
            "probe the region's endpoint, or take the alarm from another region",
        )
    ]


@pytest.mark.parametrize("environment", [ACTIVE_STANDBY, CDN])
def test_without_a_controller_the_rule_says_that_nobody_outside_is_told(environment: str) -> None:
    assert found("RES005", environment) == [
        Finding(
            rule="RES005",
            severity="warning",
            where="failover",
            message="no alarm outside a region tells people that the region is lost: Route 53 moves traffic "
            "by "
            "probes from outside, and publishes their result in us-east-1 alone",
            fix="give the manifest a `failover` part: its controllers watch each other's regions and have "
            "alarms on "
            "it; or watch the entry from outside AWS",
            source="Amazon Route 53 Developer Guide, Monitoring health checks using CloudWatch",
        )
    ]
