from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.modules.module_plan import Planner, Terraform, refused_by_apply

pytestmark = pytest.mark.terraform

CASE: dict[str, Any] = {
    "zone_id": "Z0123456789ABCDEFGHIJ",
    "name": "api.example.com",
    "targets": {
        "us-east-1": {
            "host": "front.use1.example.com",
            "role": "primary",
            "health_check": {"host": "api.use1.example.com", "search": '"health":"pass:prod/us-east-1"'},
        },
        "us-west-2": {"host": "front.usw2.example.com", "role": "secondary"},
    },
}
ACTIVE = {region: {"host": target["host"], "role": "active"} for region, target in CASE["targets"].items()}


def resources(plan_module: Planner, **changes: object) -> dict[str, dict[str, Any]]:
    planned = plan_module("edge/dns_routing", CASE | changes).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items()}


def record(planned: dict[str, dict[str, Any]], region: str) -> dict[str, Any]:
    return planned[f'aws_route53_record.this["{region}"]']


def test_failover_answers_with_the_front_of_each_region_for_ten_seconds(plan_module: Planner) -> None:
    planned = resources(plan_module)
    found = {
        region: (
            values["zone_id"],
            values["name"],
            values["type"],
            values["ttl"],
            values["records"],
            values["set_identifier"],
            values["failover_routing_policy"],
        )
        for region in CASE["targets"]
        if (values := record(planned, region))
    }
    zone, name = "Z0123456789ABCDEFGHIJ", "api.example.com"
    assert found == {
        "us-east-1": (
            zone, name, "CNAME", 10, ["front.use1.example.com"], "us-east-1", [{"type": "PRIMARY"}],
        ),
        "us-west-2": (
            zone, name, "CNAME", 10, ["front.usw2.example.com"], "us-west-2", [{"type": "SECONDARY"}],
        ),
    }  # fmt: skip


def test_the_health_check_looks_for_what_only_a_passing_function_of_the_region_says(
    plan_module: Planner,
) -> None:
    planned = resources(plan_module)
    checks = [address for address in planned if address.startswith("aws_route53_health_check.")]
    assert checks == ['aws_route53_health_check.this["us-east-1"]']
    check = planned[checks[0]]
    assert {
        name: check[name]
        for name in (
            "type", "fqdn", "port", "resource_path", "search_string", "enable_sni", "request_interval",
            "failure_threshold", "measure_latency", "regions", "tags",
        )
    } == {
        "type": "HTTPS_STR_MATCH",
        "fqdn": "api.use1.example.com",
        "port": 443,
        "resource_path": "/health",
        "search_string": '"health":"pass:prod/us-east-1"',
        "enable_sni": True,
        "request_interval": 10,
        "failure_threshold": 2,
        "measure_latency": False,
        "regions": None,
        "tags": {"Name": "api.use1.example.com/health"},
    }  # fmt: skip


def test_a_target_without_a_health_check_has_none_on_its_record(plan_module: Planner) -> None:
    assert record(resources(plan_module), "us-west-2")["health_check_id"] is None


def test_without_a_search_the_status_code_decides(plan_module: Planner) -> None:
    targets = {"us-east-1": ACTIVE["us-east-1"] | {"health_check": {"host": "api.use1.example.com"}}}
    regions = ["eu-west-1", "us-east-1", "us-west-2"]
    check = resources(plan_module, routing="latency", targets=targets, health_check={"regions": regions})[
        'aws_route53_health_check.this["us-east-1"]'
    ]
    assert (check["type"], check["search_string"], check["regions"]) == ("HTTPS", None, regions)


def test_latency_records_carry_their_regions(plan_module: Planner) -> None:
    planned = resources(plan_module, routing="latency", targets=ACTIVE)
    assert {region: record(planned, region)["latency_routing_policy"] for region in ACTIVE} == {
        "us-east-1": [{"region": "us-east-1"}],
        "us-west-2": [{"region": "us-west-2"}],
    }


def test_a_record_can_be_turned_to_another_region_and_share_a_health_check(plan_module: Planner) -> None:
    check = "12345678-1234-4234-8234-123456789012"
    targets = {
        "us-east-1": ACTIVE["us-east-1"] | {"location": "us-west-2", "health_check_id": check},
        "us-west-2": ACTIVE["us-west-2"] | {"location": "us-east-1"},
    }
    planned = resources(plan_module, routing="latency", targets=targets)
    turned = {
        region: (values["latency_routing_policy"], values["records"], values["health_check_id"])
        for region in ACTIVE
        if (values := record(planned, region))
    }
    assert turned == {
        "us-east-1": ([{"region": "us-west-2"}], ["front.use1.example.com"], check),
        "us-west-2": ([{"region": "us-east-1"}], ["front.usw2.example.com"], None),
    }
    assert [address for address in planned if address.startswith("aws_route53_health_check.")] == []


def test_the_only_target_is_a_simple_record(plan_module: Planner) -> None:
    values = record(
        resources(plan_module, routing="simple", targets={"us-west-2": ACTIVE["us-west-2"]}), "us-west-2"
    )
    policies = [values[name] for name in values if name.endswith("_routing_policy") and values[name]]
    assert (values["type"], values["records"], values["set_identifier"], values["health_check_id"]) == (
        "CNAME",
        ["front.usw2.example.com"],
        None,
        None,
    )
    assert policies == []


def test_weighted_records_carry_their_weights(plan_module: Planner) -> None:
    targets = {
        "us-east-1": ACTIVE["us-east-1"] | {"weight": 255},
        "us-west-2": ACTIVE["us-west-2"] | {"weight": 0},
    }
    planned = resources(plan_module, routing="weighted", targets=targets)
    assert {region: record(planned, region)["weighted_routing_policy"] for region in ACTIVE} == {
        "us-east-1": [{"weight": 255}],
        "us-west-2": [{"weight": 0}],
    }


@pytest.mark.refuses("edge/dns_routing", "terraform_data.zone_id_unknown")
def test_a_plan_without_a_zone_shows_it_as_not_known_and_its_apply_calls_nothing(
    terraform: Terraform, tmp_path: Path
) -> None:
    plan, reason = refused_by_apply(
        terraform, tmp_path / "root", "edge/dns_routing", CASE | {"zone_id": None}
    )
    assert {
        change["address"]: change["change"]["after_unknown"]["zone_id"]
        for change in plan["resource_changes"]
        if change["type"] == "aws_route53_record"
    } == {
        'module.this.aws_route53_record.this["us-east-1"]': True,
        'module.this.aws_route53_record.this["us-west-2"]': True,
    }
    assert "zone_id is not known yet: apply the global stack first, then plan this stack again." in reason
