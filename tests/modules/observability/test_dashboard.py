from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform


def region(name: str, role: str) -> dict[str, Any]:
    return {
        "region": name,
        "role": role,
        "api_name": f"prod-{name}",
        "functions": [f"prod-write-{name}", f"prod-read-{name}"],
        "tables": ["prod-items"],
    }


def full(name: str, role: str) -> dict[str, Any]:
    """A region with everything that can be shown."""
    return region(name, role) | {
        "provisioned_functions": [f"prod-read-{name}"],
        "dead_letter_queues": [f"prod-write-{name}-dead-letter"],
        "buckets": {"files": f"prod-files-{name}"},
        "databases": [f"prod-orders-{name}"],
    }


EAST, WEST = region("us-east-1", "primary"), region("us-west-2", "standby")
CHECK = "abcdef11-2222-3333-4444-555555fedcba"


def widgets(plan_module: Planner, regions: list[dict[str, Any]], **more: object) -> list[dict[str, Any]]:
    plan = plan_module("observability/dashboard", {"name": "prod-use1", "regions": regions, **more})
    values = plan.modules["module.this"].resources["aws_cloudwatch_dashboard.this"]["values"]
    body: list[dict[str, Any]] = json.loads(values["dashboard_body"])["widgets"]
    return body


def overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return (
        one["x"] < other["x"] + other["width"]
        and other["x"] < one["x"] + one["width"]
        and one["y"] < other["y"] + other["height"]
        and other["y"] < one["y"] + one["height"]
    )


def titles(found: list[dict[str, Any]], name: str) -> list[str]:
    return [
        widget["properties"]["title"]
        for widget in found
        if widget["type"] == "metric" and widget["properties"]["region"] == name
    ]


def test_two_regions_stand_side_by_side_with_the_same_rows(plan_module: Planner) -> None:
    found = widgets(plan_module, [EAST, WEST])
    assert (
        titles(found, "us-east-1")
        == titles(found, "us-west-2")
        == [
            "Requests",
            "API errors",
            "API latency (ms)",
            "Function errors and throttles",
            "Function duration, p99 (ms)",
            "Cold starts, and the longest (ms, right)",
            "Concurrent executions",
            "Table throttles",
            "Replication latency to other regions (ms)",
        ]
    )
    places = {(widget["x"], widget["width"]) for widget in found}
    assert places == {(0, 12), (12, 12)}
    assert [w["properties"]["markdown"] for w in found if w["type"] == "text"] == [
        "# us-east-1\nprimary",
        "# us-west-2\nstandby",
    ]


def test_replication_is_shown_from_each_region_to_the_others(plan_module: Planner) -> None:
    found = widgets(plan_module, [EAST, WEST])
    assert [
        widget["properties"]["metrics"]
        for widget in found
        if widget["properties"].get("title", "").startswith("Replication")
    ] == [
        [
            [
                "AWS/DynamoDB", "ReplicationLatency", "TableName", "prod-items", "ReceivingRegion", other,
                {"label": f"prod-items to {other}"},
            ]
        ]
        for other in ("us-west-2", "us-east-1")
    ]  # fmt: skip


def test_health_checks_are_read_in_us_east_1_above_the_regions(plan_module: Planner) -> None:
    first, *others = widgets(plan_module, [EAST, WEST], health_checks={"us-east-1": CHECK})
    assert (first["properties"]["region"], first["properties"]["metrics"]) == (
        "us-east-1",
        [["AWS/Route53", "HealthCheckStatus", "HealthCheckId", CHECK, {"label": "us-east-1"}]],
    )
    assert min(widget["y"] for widget in others) == first["y"] + first["height"]


def test_a_graph_without_a_metric_is_left_out(plan_module: Planner) -> None:
    bare = EAST | {"functions": [], "tables": []}
    assert titles(widgets(plan_module, [bare]), "us-east-1") == ["Requests", "API errors", "API latency (ms)"]


def test_six_regions_stay_on_the_grid_and_do_not_overlap(plan_module: Planner) -> None:
    names = ["us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-2", "sa-east-1"]
    found = widgets(plan_module, [region(name, "active") for name in names])
    assert max(widget["x"] + widget["width"] for widget in found) == 24
    assert [pair for pair in itertools.combinations(found, 2) if overlap(*pair)] == []
    assert len(found) == 6 * 10


FULL = [full("us-east-1", "active"), full("us-west-2", "active")]
SEEN = {
    "environment": "prod",
    "observers": {
        "us-east-1": ["us-west-2"],
        "us-east-2": ["us-east-1", "us-west-2"],
        "us-west-2": ["us-east-1"],
    },
}


def graph(found: list[dict[str, Any]], title: str, at: str = "us-west-2") -> tuple[str, list[Any]]:
    """Statistic and metrics of the graph of that title in one region's column."""
    (widget,) = [
        widget["properties"]
        for widget in found
        if widget["properties"].get("title", "").startswith(title) and widget["properties"]["region"] == at
    ]
    return widget["stat"], widget["metrics"]


def test_a_region_with_everything_has_a_row_for_each_of_it(plan_module: Planner) -> None:
    found = widgets(plan_module, FULL)
    assert titles(found, "us-west-2") == [
        "Requests",
        "API errors",
        "API latency (ms)",
        "Function errors and throttles",
        "Function duration, p99 (ms)",
        "Cold starts, and the longest (ms, right)",
        "Concurrent executions",
        "Provisioned concurrency in use (1 is all), and calls beyond it (right)",
        "Events that failed and are kept",
        "Table throttles",
        "Replication latency to other regions (ms)",
        "Object latency from other regions (s)",
        "Objects on their way from other regions (bytes)",
        "Objects that failed to reach other regions",
        "Database lag behind the writer's region (ms)",
        "Database processor (%)",
        "Database connections",
        "Commit latency (ms)",
    ]
    assert titles(found, "us-east-1") == titles(found, "us-west-2")


def test_rows_that_no_region_fills_leave_no_gap_and_the_others_stay_aligned(plan_module: Planner) -> None:
    found = widgets(plan_module, [EAST | {"functions": []}, WEST | {"databases": ["prod-orders-usw2"]}])
    rows = {
        name: {
            widget["properties"]["title"]: widget["y"]
            for widget in found
            if widget["type"] == "metric" and widget["properties"]["region"] == name
        }
        for name in ("us-east-1", "us-west-2")
    }
    assert sorted(rows["us-west-2"].values()) == list(range(2, 2 + 6 * 13, 6))
    assert rows["us-east-1"].items() <= rows["us-west-2"].items()


def test_objects_are_late_where_they_should_arrive_and_failed_where_they_came_from(
    plan_module: Planner,
) -> None:
    found = widgets(plan_module, FULL)
    received = [
        "SourceBucket", "prod-files-us-east-1", "DestinationBucket", "prod-files-us-west-2",
        "RuleId", "to-prod-files-us-west-2",
    ]  # fmt: skip
    sent = [
        "SourceBucket", "prod-files-us-west-2", "DestinationBucket", "prod-files-us-east-1",
        "RuleId", "to-prod-files-us-east-1",
    ]  # fmt: skip
    come, gone = {"label": "files from us-east-1"}, {"label": "files to us-east-1"}
    assert graph(found, "Object latency") == ("Maximum", [["AWS/S3", "ReplicationLatency", *received, come]])
    assert graph(found, "Objects on their way") == (
        "Maximum",
        [["AWS/S3", "BytesPendingReplication", *received, come]],
    )
    assert graph(found, "Objects that failed") == (
        "Sum",
        [["AWS/S3", "OperationsFailedReplication", *sent, gone]],
    )


def test_a_cluster_is_shown_with_its_lag_and_its_load(plan_module: Planner) -> None:
    found = widgets(plan_module, FULL)
    cluster = ["DBClusterIdentifier", "prod-orders-us-west-2"]
    assert graph(found, "Database lag")[1] == [
        ["AWS/RDS", "AuroraGlobalDBRPOLag", *cluster, {"label": "prod-orders-us-west-2 of commits"}],
        ["AWS/RDS", "AuroraGlobalDBReplicationLag", *cluster, {"label": "prod-orders-us-west-2 of storage"}],
    ]
    assert {
        title: graph(found, title)[1][0][1]
        for title in ("Database processor", "Database connections", "Commit latency")
    } == {
        "Database processor": "CPUUtilization",
        "Database connections": "DatabaseConnections",
        "Commit latency": "CommitLatency",
    }


def test_cold_starts_are_counted_and_the_longest_is_shown(plan_module: Planner) -> None:
    found = widgets(plan_module, FULL)
    name = "prod-read-us-west-2"
    made = ["Antipode/Functions", f"{name}-init-duration"]
    assert graph(found, "Cold starts")[1][:2] == [
        [*made, {"label": name, "stat": "SampleCount", "yAxis": "left"}],
        [*made, {"label": f"{name} longest", "stat": "Maximum", "yAxis": "right"}],
    ]


def test_provisioned_concurrency_is_shown_of_the_alias_that_has_it(plan_module: Planner) -> None:
    found = widgets(plan_module, FULL)
    name = "prod-read-us-west-2"
    alias = ["FunctionName", name, "Resource", f"{name}:live"]
    assert graph(found, "Provisioned concurrency")[1] == [
        [
            "AWS/Lambda", "ProvisionedConcurrencySpilloverInvocations", *alias,
            {"label": f"{name} beyond", "stat": "Sum", "yAxis": "right"},
        ],
        [
            "AWS/Lambda", "ProvisionedConcurrencyUtilization", *alias,
            {"label": f"{name} in use", "stat": "Maximum", "yAxis": "left"},
        ],
    ]  # fmt: skip


def test_what_each_observer_sees_is_read_in_its_own_region_above_the_columns(plan_module: Planner) -> None:
    found = widgets(plan_module, FULL, reachability=SEEN)
    seen = [widget for widget in found if widget["properties"].get("title", "").startswith("Regions as")]
    assert [(widget["x"], widget["width"], widget["properties"]["region"]) for widget in seen] == [
        (0, 8, "us-east-1"),
        (8, 8, "us-east-2"),
        (16, 8, "us-west-2"),
    ]
    assert seen[1]["properties"]["metrics"] == [
        ["Antipode/Failover", "RegionReachable", "Environment", "prod", "Region", name, {"label": name}]
        for name in ("us-east-1", "us-west-2")
    ]
    assert min(widget["y"] for widget in found if widget not in seen) == 6
    assert [pair for pair in itertools.combinations(found, 2) if overlap(*pair)] == []
