"""Every module's README example, and the further cases of `<module>.cases.tf`, planned in one process and
held to the module's inventory."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import inventory
from tests.modules.module_plan import Planner
from tests.modules.module_source import MODULES, NATIVE_TESTS, modules, resource_types

DOCUMENTED = [module for module in modules() if (MODULES / module / "README.md").exists()]
INVENTORIES = NATIVE_TESTS / "inventories"


@pytest.mark.terraform
@pytest.mark.timeout(400)
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


@pytest.mark.terraform
@pytest.mark.timeout(400)
@pytest.mark.parametrize("documented", DOCUMENTED)
def test_the_plan_is_what_the_inventory_says(
    documented: str, plan_module: Planner, selected_examples: list[str], holds: Callable[..., None]
) -> None:
    plan = plan_module.examples(selected_examples)
    found = inventory.of_plan(plan, documented.replace("/", "_"))
    holds(INVENTORIES / f"{documented}.yaml", found)


@pytest.mark.parametrize("module", DOCUMENTED)
def test_every_resource_type_of_a_module_is_in_its_inventory(module: str) -> None:
    counted = inventory.read(INVENTORIES / f"{module}.yaml")["counts"]
    missing = sorted(set(resource_types(module)) - set(counted))
    assert missing == [], f"Plan them too, in tests/modules/{module}.cases.tf."


def test_every_inventory_belongs_to_a_module() -> None:
    found = {str(path.relative_to(INVENTORIES)) for path in INVENTORIES.glob("*/*.yaml")}
    assert found == {f"{module}.yaml" for module in modules()}
