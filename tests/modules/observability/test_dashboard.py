from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from module_plan import Planner

pytestmark = pytest.mark.terraform


def region(name: str, role: str) -> dict[str, Any]:
    return {
        "region": name,
        "role": role,
        "api_name": f"prod-{name}",
        "functions": [f"prod-write-{name}", f"prod-read-{name}"],
        "tables": ["prod-items"],
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
    assert len(found) == 6 * 8
