from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-1111-4111-8111-111111111111"
CASE = {"kms_key_arn": KEY, "name": "prod-backups-use1", "tags": {"environment": "prod"}}
BREAK_GLASS = "arn:aws:iam::123456789012:role/break-glass"


def resources(plan_module: Planner, **more: Any) -> dict[str, dict[str, Any]]:
    planned = plan_module("data/backup_vault", CASE | more).modules["module.this"].resources
    return {
        address: dict(resource["values"])
        for address, resource in planned.items()
        if not address.startswith("data.")
    }


def denied(planned: dict[str, dict[str, Any]]) -> dict[str, Any]:
    (statement,) = json.loads(planned["aws_backup_vault_policy.this[0]"]["policy"])["Statement"]
    return dict(statement)


def test_a_vault_is_under_the_region_s_key_and_nobody_deletes_from_it_by_hand(plan_module: Planner) -> None:
    planned = resources(plan_module)
    assert sorted(planned) == ["aws_backup_vault.this", "aws_backup_vault_policy.this[0]"]
    vault = planned["aws_backup_vault.this"]
    assert (vault["name"], vault["kms_key_arn"], vault["force_destroy"], vault["tags"]) == (
        "prod-backups-use1",
        KEY,
        False,
        {"environment": "prod"},
    )
    assert denied(planned) == {
        "Sid": "NobodyDeletesByHand",
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": ["backup:UpdateRecoveryPointLifecycle", "backup:DeleteRecoveryPoint"],
        "Resource": "*",
    }


def test_a_break_glass_role_is_left_out_of_the_denial(plan_module: Planner) -> None:
    statement = denied(resources(plan_module, break_glass_role_arns=[BREAK_GLASS]))
    assert statement["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": BREAK_GLASS}}


def test_a_lock_can_be_lifted_because_it_has_no_date_from_which_it_cannot(plan_module: Planner) -> None:
    locked = resources(plan_module, lock={"min_retention_days": 7, "max_retention_days": 400})
    lock = locked["aws_backup_vault_lock_configuration.this[0]"]
    assert (lock["backup_vault_name"], lock["min_retention_days"], lock["max_retention_days"]) == (
        "prod-backups-use1",
        7,
        400,
    )
    assert lock["changeable_for_days"] is None


def test_a_vault_that_may_be_destroyed_denies_nothing(plan_module: Planner) -> None:
    planned = resources(plan_module, deny_deletion=False, force_destroy=True)
    assert sorted(planned) == ["aws_backup_vault.this"]
    assert planned["aws_backup_vault.this"]["force_destroy"] is True
