"""RES012 on real plans whose second origin helps nobody."""

from __future__ import annotations

from typing import Any

from policies.finding import Finding
from policies.resilience.cdn_origins import SOURCE
from tests.policies.resilience.changed_plans import ACTIVE_STANDBY, CDN, GLOBAL, edited, found, values

ADDRESS = "module.cdn.aws_cloudfront_distribution.this"


def finding(message: str, fix: str) -> Finding:
    return Finding("RES012", "error", f"edge: {ADDRESS}", message, fix, SOURCE)


def test_a_second_origin_in_the_region_of_the_first_is_found() -> None:
    record = 'module.alternate.aws_route53_record.this["us-west-2"]'
    assert found("RES012", CDN, values("edge", record, records=["alternate.use1.example.com"])) == [
        finding(
            "origin group api-group asks standby.api.example.com after origin.api.example.com, and both are "
            "in us-east-1",
            "let the second origin be another region's",
        )
    ]


def test_under_latency_routing_each_place_has_another_region_second() -> None:
    def same_place(record: Any) -> None:
        record["latency_routing_policy"][0]["region"] = "us-east-1"

    record = 'module.alternate.aws_route53_record.this["us-east-1"]'
    assert [each.message for each in found("RES012", GLOBAL, edited("edge", record, same_place))] == [
        "origin group api-group asks standby.app.example.com after origin.app.example.com, and both are in "
        "us-east-1 for "
        "us-east-1"
    ]


def test_two_buckets_of_one_region_are_found() -> None:
    host = "global-serverless-site-123456789012-use1.s3.us-east-1.amazonaws.com"

    def same(distribution: Any) -> None:
        for origin in distribution["origin"]:
            if "-site-" in origin["domain_name"]:
                origin["domain_name"] = host

    (only,) = found("RES012", GLOBAL, edited("edge", ADDRESS, same))
    assert only.message.endswith(f"asks {host} after {host}, and both are in us-east-1")


def test_a_group_that_stays_with_a_failing_origin_is_found() -> None:
    def gateway_errors_only(distribution: Any) -> None:
        for group in distribution["origin_group"]:
            group["failover_criteria"] = [{"status_codes": [502, 504]}]

    assert found("RES012", CDN, edited("edge", ADDRESS, gateway_errors_only)) == [
        finding(
            "origin group api-group does not turn to standby.api.example.com on 500, 503",
            "add them to edge.cdn.failover_status_codes",
        )
    ]


def test_reads_of_one_origin_are_found() -> None:
    def alone(distribution: Any) -> None:
        for behaviour in distribution["ordered_cache_behavior"]:
            if behaviour["path_pattern"] == "/read":
                behaviour["target_origin_id"] = "api"

    assert found("RES012", CDN, edited("edge", ADDRESS, alone)) == [
        finding(
            "reads of /read have one origin, api: they wait for DNS when its region is lost",
            "target an origin group",
        )
    ]


def test_without_a_cdn_there_is_nothing_to_say() -> None:
    assert found("RES012", ACTIVE_STANDBY) == []
