from __future__ import annotations

from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

EAST_KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
WEST_KEY = "arn:aws:kms:us-west-2:123456789012:key/22222222-2222-4222-8222-222222222222"
CASE = {
    "name": "prod-items",
    "hash_key": "pk",
    "kms_key_arn": EAST_KEY,
    "replicas": {"us-west-2": {"kms_key_arn": WEST_KEY}},
    "ttl_attribute": "expires_at",
    "tags": {"environment": "prod"},
}


def resources(plan_module: Planner, case: dict[str, Any]) -> dict[str, dict[str, Any]]:
    planned = plan_module("data/global_table", case).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items()}


def test_the_table_streams_is_encrypted_and_has_a_protected_replica(plan_module: Planner) -> None:
    table = resources(plan_module, CASE)["aws_dynamodb_table.this"]
    assert (
        table["billing_mode"],
        table["deletion_protection_enabled"],
        table["stream_enabled"],
        table["stream_view_type"],
        table["attribute"],
        table["server_side_encryption"],
        table["ttl"],
        [backups["enabled"] for backups in table["point_in_time_recovery"]],
        table["tags"],
    ) == (
        "PAY_PER_REQUEST",
        True,
        True,
        "NEW_AND_OLD_IMAGES",
        [{"name": "pk", "type": "S"}],
        [{"enabled": True, "kms_key_arn": EAST_KEY}],
        [{"attribute_name": "expires_at", "enabled": True}],
        [True],
        {"environment": "prod"},
    )
    assert [
        {
            name: replica[name]
            for name in ("region_name", "kms_key_arn", "point_in_time_recovery", "propagate_tags")
        }
        for replica in table["replica"]
    ] == [
        {
            "region_name": "us-west-2",
            "kms_key_arn": WEST_KEY,
            "point_in_time_recovery": True,
            "propagate_tags": True,
        }
    ]


def test_an_on_demand_table_registers_nothing_with_autoscaling(plan_module: Planner) -> None:
    assert sorted(resources(plan_module, CASE)) == ["aws_dynamodb_table.this"]
