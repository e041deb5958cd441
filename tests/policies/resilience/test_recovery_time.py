"""RES004 on real plans that have become slower than the manifest says."""

from __future__ import annotations

from typing import Any

import pytest

from generator.stacks import stacks
from policies.finding import Finding
from policies.resilience.estate import estate
from policies.resilience.recovery_time import SOURCE, as_planned
from tests.policies.resilience.changed_plans import (
    ACTIVE_STANDBY,
    CDN,
    GLOBAL,
    edited,
    found,
    manifest,
    plans,
    values,
)

RECORD = 'module.routing.aws_route53_record.this["us-west-2"]'
CHECK = 'module.routing.aws_route53_health_check.this["us-west-2"]'


@pytest.mark.parametrize("environment", [ACTIVE_STANDBY, CDN, GLOBAL])
def test_a_plan_as_it_is_generated_is_what_the_manifest_means(environment: str) -> None:
    meant = manifest(environment)
    assert as_planned(estate(meant, stacks(meant), plans(environment))) == meant


def test_a_ttl_that_the_objective_cannot_bear_is_found() -> None:
    assert found("RES004", ACTIVE_STANDBY, values("edge", RECORD, ttl=300)) == [
        Finding(
            rule="RES004",
            severity="error",
            where="objectives.rto",
            message=f"as planned (TTL 300 s, probes every 10 s, 2 failures, because of edge: {RECORD}), 50s "
            "is below "
            "this design's worst case of 338 s when the region falls silent (detect 28 + decide 5 + shift "
            "300 + "
            "warm 5); set edge.ttl: 10 (now 300)",
            fix="change the setting that the message names in the manifest, then `make generate`",
            source=SOURCE,
        )
    ]


def test_the_slowest_check_counts() -> None:
    slower = values("edge", CHECK, request_interval=30, failure_threshold=3)
    assert [each.message for each in found("RES004", ACTIVE_STANDBY, slower)] == [
        f"as planned (TTL 10 s, probes every 30 s, 3 failures, because of edge: {CHECK}), 50s is below this "
        "design's "
        "worst case of 122 s when the region falls silent (detect 102 + decide 5 + shift 10 + warm 5); set "
        "edge.health_check.interval: 10 (now 30) and edge.health_check.threshold: 2 (now 3)"
    ]


def test_an_edge_that_waits_longer_than_clients_do_makes_reads_go_the_way_of_dns() -> None:
    meant = manifest(CDN)
    planned = plans(CDN)

    def wait(distribution: Any) -> None:
        for origin in distribution["origin"]:
            if origin["custom_origin_config"]:
                origin["connection_attempts"] = 3
                origin["custom_origin_config"][0]["origin_read_timeout"] = 20

    edited("edge", "module.cdn.aws_cloudfront_distribution.this", wait)(planned)
    cdn = as_planned(estate(meant, stacks(meant), planned)).edge.cdn
    assert (cdn.connect_attempts, cdn.connect_timeout, cdn.response_timeout) == (3, 1, 20)


def test_a_controller_that_is_told_a_longer_lease_is_found() -> None:
    def told(function: Any) -> None:
        function["environment"][0]["variables"]["LEASE_SECONDS"] = "90"

    change = edited("eu-west-1", "module.function_failover.aws_lambda_function.this", told)
    assert [each.where for each in found("RES004", GLOBAL, change)] == ["objectives.stores.orders.rto"]
