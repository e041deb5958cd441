"""RES005: whoever judges a region, or tells people that it is gone, is not in that region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from generator.tiers.failover import METRICS
from policies.finding import Finding
from policies.resilience.estate import Estate
from policies.resilience.plan_json import Resource
from policies.resilience.routing import health_check_of, region_of, routed_records

RULE: Final = "RES005"
SOURCE: Final = "AWS Fault Isolation Boundaries, Static stability; AWS Well-Architected Framework, REL11-BP01"


def check(estate: Estate) -> Iterator[Finding]:
    yield from _deciding(estate)
    if estate.manifest.failover is None:
        if estate.manifest.compute.api:
            yield _nobody_told()
        return
    for region in estate.regions:
        yield from _told(estate, region)


def _deciding(estate: Estate) -> Iterator[Finding]:
    """A health check on an alarm decides by what one region's CloudWatch says."""
    for record in routed_records(estate):
        found, region = health_check_of(estate, record), region_of(estate, record)
        if found and region and found.values.get("cloudwatch_alarm_region") == region:
            yield _finding(
                found.where,
                f"judges {region} by the alarm {found.values.get('cloudwatch_alarm_name')} in {region} "
                "itself: with "
                "the region its judge goes silent",
                "probe the region's endpoint, or take the alarm from another region",
            )


def _nobody_told() -> Finding:
    return Finding(
        rule=RULE,
        severity="warning",
        where="failover",
        message="no alarm outside a region tells people that the region is lost: Route 53 moves traffic by "
        "probes "
        "from outside, and publishes their result in us-east-1 alone",
        fix="give the manifest a `failover` part: its controllers watch each other's regions and have "
        "alarms on it; "
        "or watch the entry from outside AWS",
        source="Amazon Route 53 Developer Guide, Monitoring health checks using CloudWatch",
    )


def _told(estate: Estate, region: str) -> Iterator[Finding]:
    """Every other region that has a vote has an alarm on this one, which rings also when it hears nothing."""
    for observer in estate.regional:
        if observer == region:
            continue
        alarms = [each for each in _reachability(estate, observer) if _watched(each) == region]
        if not alarms:
            yield _finding(
                f"{observer}: aws_cloudwatch_metric_alarm",
                f"no alarm in {observer} is on {METRICS} RegionReachable of {region}",
                "call operations/failover in every region that has a vote, as `make generate` does",
            )
        for alarm in alarms:
            yield from _rings(alarm, region)
    for alarm in _reachability(estate, region):
        if _watched(alarm) == region:
            yield _finding(
                alarm.where,
                f"watches {region} from {region} itself: with the region its alarm goes silent",
                "watch a region from the others",
            )


def _reachability(estate: Estate, region: str) -> list[Resource]:
    return [
        each
        for each in estate.resources(region, "aws_cloudwatch_metric_alarm")
        if (each.values.get("namespace"), each.values.get("metric_name")) == (METRICS, "RegionReachable")
    ]


def _watched(alarm: Resource) -> str:
    return str((alarm.values.get("dimensions") or {}).get("Region"))


def _rings(alarm: Resource, region: str) -> Iterator[Finding]:
    values = alarm.values
    if values.get("treat_missing_data") != "breaching":
        yield _finding(
            alarm.where,
            f"takes silence about {region} for {values.get('treat_missing_data')}, and an observer that has "
            "stopped "
            "is silent",
            'set treat_missing_data = "breaching"',
        )
    if values.get("actions_enabled") is False or not values.get("alarm_actions"):
        yield _finding(
            alarm.where, f"tells nobody that {region} is lost", "give it an action: a topic of its own region"
        )
    actions = values.get("alarm_actions")
    for action in actions if isinstance(actions, list) else ():  # one text while they are not known
        if f":{region}:" in action:
            yield _finding(
                alarm.where,
                f"tells of {region} through {region} ({action})",
                "use a topic of the alarm's own region",
            )


def _finding(where: str, message: str, fix: str) -> Finding:
    return Finding(rule=RULE, severity="error", where=where, message=message, fix=fix, source=SOURCE)
