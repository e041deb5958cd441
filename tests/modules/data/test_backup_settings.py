from __future__ import annotations

from typing import Any

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform


def settings(plan_module: Planner, *types: str) -> dict[str, Any]:
    planned = plan_module("data/backup_settings", {"resource_types": list(types)})
    return dict(planned.modules["module.this"].resources["aws_backup_region_settings.this"]["values"])


def test_backups_of_tables_are_managed_fully_so_that_they_can_be_copied(plan_module: Planner) -> None:
    planned = settings(plan_module, "Aurora", "DynamoDB")
    assert planned["resource_type_management_preference"] == {"DynamoDB": True}
    assert planned["resource_type_opt_in_preference"] == {"Aurora": True, "DynamoDB": True}


def test_aurora_is_opted_in_and_has_nothing_to_be_managed(plan_module: Planner) -> None:
    planned = settings(plan_module, "Aurora")
    assert planned["resource_type_opt_in_preference"] == {"Aurora": True}
    assert "resource_type_management_preference" not in planned
