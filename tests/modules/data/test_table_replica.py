from __future__ import annotations

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

CASE = {
    "kms_key_arn": "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111",
    "table_arn": "arn:aws:dynamodb:us-west-2:123456789012:table/prod-items",
    "tags": {"environment": "prod"},
}


def test_a_replica_is_encrypted_recoverable_and_protected(plan_module: Planner) -> None:
    planned = plan_module("data/table_replica", CASE).modules["module.this"].resources
    replica = planned["aws_dynamodb_table_replica.this"]["values"]
    assert (
        replica["global_table_arn"],
        replica["kms_key_arn"],
        replica["point_in_time_recovery"],
        replica["deletion_protection_enabled"],
        replica["tags"],
    ) == (CASE["table_arn"], CASE["kms_key_arn"], True, True, CASE["tags"])
