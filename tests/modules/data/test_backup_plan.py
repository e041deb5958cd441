from __future__ import annotations

from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform

ITEMS = "arn:aws:dynamodb:us-east-1:123456789012:table/prod-items"
ORDERS = "arn:aws:rds:us-east-1:123456789012:cluster:prod-orders-use1"
ROLE = "arn:aws:iam::123456789012:role/prod-use1-backup"
IRELAND = "arn:aws:backup:eu-west-1:123456789012:backup-vault:prod-backups-euw1"
OREGON = "arn:aws:backup:us-west-2:123456789012:backup-vault:prod-backups-usw2"
CASE = {
    "copies": {
        "eu-west-1": {"vault_arn": IRELAND, "delete_after_days": 35},
        "us-west-2": {"vault_arn": OREGON, "delete_after_days": 365, "cold_storage_after_days": 30},
    },
    "delete_after_days": 14,
    "name": "prod-backups",
    "resource_arns": [ITEMS, ORDERS],
    "role_arn": ROLE,
    "schedule": "cron(0 2 ? * SUN *)",
    "vault_name": "prod-backups-use1",
}


def resource(plan_module: Planner, address: str) -> dict[str, Any]:
    planned = plan_module("data/backup_plan", CASE).modules["module.this"].resources
    return dict(planned[address]["values"])


def test_a_backup_is_made_on_schedule_and_kept_in_its_own_region(plan_module: Planner) -> None:
    (rule,) = resource(plan_module, "aws_backup_plan.this")["rule"]
    told = ("rule_name", "schedule", "target_vault_name", "start_window", "completion_window")
    assert [rule[name] for name in told] == [
        "scheduled",
        "cron(0 2 ? * SUN *)",
        "prod-backups-use1",
        60,
        1440,
    ]
    assert [kept["delete_after"] for kept in rule["lifecycle"]] == [14]
    assert rule["enable_continuous_backup"] is False


def test_each_copy_goes_to_its_vault_and_has_a_life_of_its_own(plan_module: Planner) -> None:
    (rule,) = resource(plan_module, "aws_backup_plan.this")["rule"]
    copies = {
        copy["destination_vault_arn"]: [
            (kept["delete_after"], kept["cold_storage_after"]) for kept in copy["lifecycle"]
        ]
        for copy in rule["copy_action"]
    }
    assert copies == {IRELAND: [(35, None)], OREGON: [(365, 30)]}


def test_what_is_backed_up_is_named_and_nothing_is_chosen_by_tags(plan_module: Planner) -> None:
    selection = resource(plan_module, "aws_backup_selection.this")
    assert (selection["name"], selection["iam_role_arn"], sorted(selection["resources"])) == (
        "prod-backups",
        ROLE,
        [ITEMS, ORDERS],
    )
    assert selection["selection_tag"] == []
