from __future__ import annotations

from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

EAST_KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
CASE = {
    "name": "prod-items",
    "hash_key": "pk",
    "range_key": "sk",
    "range_key_type": "N",
    "attributes": {"owner": "S"},
    "global_secondary_indexes": {"by_owner": {"hash_key": "owner", "range_key": "sk"}},
    "kms_key_arn": EAST_KEY,
    "read_capacity": {"min": 5, "max": 50},
    "write_capacity": {"min": 2, "max": 20, "target": 60},
}


def resources(plan_module: Planner) -> dict[str, dict[str, Any]]:
    planned = plan_module("data/provisioned_table", CASE).modules["module.this"].resources
    return {address: resource["values"] for address, resource in planned.items()}


def test_a_provisioned_table_starts_at_its_minimum_with_its_index(plan_module: Planner) -> None:
    table = resources(plan_module)["aws_dynamodb_table.this"]
    (index,) = table["global_secondary_index"]
    assert table["replica"] == []
    assert (table["billing_mode"], table["read_capacity"], table["write_capacity"]) == ("PROVISIONED", 5, 2)
    assert (index["name"], index["hash_key"], index["range_key"], index["projection_type"]) == (
        "by_owner",
        "owner",
        "sk",
        "ALL",
    )
    assert (index["read_capacity"], index["write_capacity"]) == (5, 2)
    assert sorted((attribute["name"], attribute["type"]) for attribute in table["attribute"]) == [
        ("owner", "S"),
        ("pk", "S"),
        ("sk", "N"),
    ]


def test_a_provisioned_table_and_its_index_autoscale_reads_and_writes(plan_module: Planner) -> None:
    planned = resources(plan_module)
    targets = {
        (values["resource_id"], values["scalable_dimension"]): (
            values["min_capacity"],
            values["max_capacity"],
        )
        for address, values in planned.items()
        if address.startswith("aws_appautoscaling_target.")
    }
    policies = {
        (values["resource_id"], values["scalable_dimension"]): (
            values["policy_type"],
            values["target_tracking_scaling_policy_configuration"][0]["target_value"],
            values["target_tracking_scaling_policy_configuration"][0]["predefined_metric_specification"][0][
                "predefined_metric_type"
            ],
        )
        for address, values in planned.items()
        if address.startswith("aws_appautoscaling_policy.")
    }
    table, index = "table/prod-items", "table/prod-items/index/by_owner"
    read = ("TargetTrackingScaling", 70, "DynamoDBReadCapacityUtilization")
    write = ("TargetTrackingScaling", 60, "DynamoDBWriteCapacityUtilization")
    assert targets == {
        (table, "dynamodb:table:ReadCapacityUnits"): (5, 50),
        (table, "dynamodb:table:WriteCapacityUnits"): (2, 20),
        (index, "dynamodb:index:ReadCapacityUnits"): (5, 50),
        (index, "dynamodb:index:WriteCapacityUnits"): (2, 20),
    }
    assert policies == {
        (table, "dynamodb:table:ReadCapacityUnits"): read,
        (table, "dynamodb:table:WriteCapacityUnits"): write,
        (index, "dynamodb:index:ReadCapacityUnits"): read,
        (index, "dynamodb:index:WriteCapacityUnits"): write,
    }
