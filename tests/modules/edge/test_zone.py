from __future__ import annotations

import pytest

from tests.modules.module_plan import Planner

pytestmark = pytest.mark.terraform


def test_a_new_zone_keeps_its_records_from_accidents(plan_module: Planner) -> None:
    case = {"name": "example.com", "comment": "prod", "tags": {"environment": "prod"}}
    zone = (
        plan_module("edge/zone", case).modules["module.this"].resources["aws_route53_zone.this[0]"]["values"]
    )
    assert (zone["name"], zone["comment"], zone["force_destroy"], zone["tags"], zone["vpc"]) == (
        "example.com",
        "prod",
        False,
        {"environment": "prod"},
        [],
    )


def test_an_existing_zone_is_handed_on_without_asking_aws(plan_module: Planner) -> None:
    plan = plan_module("edge/zone", {"name": "example.com", "create": False, "zone_id": "Z0EXISTING"})
    assert {name: plan.outputs[name] for name in ("zone_id", "name", "name_servers")} == {
        "zone_id": "Z0EXISTING",
        "name": "example.com",
        "name_servers": [],
    }
    assert plan.resource_changes == {}
