from __future__ import annotations

import pytest
from module_plan import Planner
from module_source import MODULES, modules

DOCUMENTED = [module for module in modules() if (MODULES / module / "README.md").exists()]


@pytest.mark.terraform
@pytest.mark.timeout(240)
@pytest.mark.parametrize("documented", DOCUMENTED)
def test_the_readme_example_plans_and_creates_something(
    documented: str, plan_module: Planner, selected_examples: list[str]
) -> None:
    plan = plan_module.examples(selected_examples)
    call = f"module.{documented.replace('/', '_')}."
    created = [
        change["address"]
        for change in plan.resource_changes.values()
        if change["address"].startswith(call) and change["change"]["actions"] == ["create"]
    ]
    assert created
