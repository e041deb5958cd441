"""What every generated root makes, by type and address: expected in `inventories/<env>.yaml`.

Planned here without AWS, all roots of an environment in one process; the estates that tests/e2e applies are
held to the same files. That an inventory is of the stacks and calls that there are now is told without
Terraform.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator.stacks import Stack
from harness import environments
from harness.environments import REPOSITORY
from tests import inventory
from tests.envs.root_plan import child, parent, planned

ENVIRONMENTS = environments.names()
INVENTORIES = REPOSITORY / "tests" / "envs" / "inventories"


def calls_of(stack: Stack) -> dict[str, str]:
    return {call.label: call.module for call in stack.calls}


@pytest.mark.terraform
@pytest.mark.long
@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_roots_plan_what_the_inventory_says(
    name: str, tmp_path: Path, quick_terraform: Path, holds: Callable[..., None]
) -> None:
    environment = environments.load(name)
    made = planned(environment, tmp_path, quick_terraform)
    found = {
        stack.name: inventory.of_resources(calls_of(stack), made[stack.name]) for stack in environment.stacks
    }
    holds(INVENTORIES / f"{name}.yaml", found)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_inventory_is_of_the_stacks_and_calls_that_there_are(name: str) -> None:
    expected = inventory.read(INVENTORIES / f"{name}.yaml")
    again = f"make inventories TESTS='tests/envs/test_root_inventories.py::{PLANNED}[{name}]'"
    assert {stack: each["calls"] for stack, each in expected.items()} == {
        stack.name: calls_of(stack) for stack in environments.load(name).stacks
    }, again


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_every_call_makes_something_and_nothing_is_made_outside_of_calls(name: str) -> None:
    for stack, each in inventory.read(INVENTORIES / f"{name}.yaml").items():
        made = {inventory.labels_of(address)[0] for address in each["resources"]}
        assert made == set(each["calls"]), stack
        types = inventory.counts(inventory.type_of(address) for address in each["resources"])
        assert each["counts"] == types, stack


def test_every_inventory_belongs_to_an_environment() -> None:
    found = {path.relative_to(INVENTORIES).as_posix() for path in INVENTORIES.rglob("*.yaml")}
    assert found == {f"{name}.yaml" for name in ENVIRONMENTS}


PLANNED = test_the_roots_plan_what_the_inventory_says.__name__


ROOT = """terraform {
  backend "s3" {
    bucket = "b"
  }

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  alias  = "use1"

  default_tags {
    tags = {}
  }
}

module "a" {
  package = "../functions/read.zip"
}
"""


def test_a_root_becomes_a_module_that_is_given_its_providers() -> None:
    stacks = {stack.name: stack for stack in environments.load("dev").stacks}
    text = child(ROOT, stacks["state"], functions=REPOSITORY)
    assert text.splitlines() == [
        "terraform {",
        "",
        "  required_providers {",
        "    aws = {",
        '      source  = "hashicorp/aws"',
        '      version = "~> 5.100"',
        "      configuration_aliases = [aws.use1, aws.usw2]",
        "    }",
        "  }",
        "}",
        "",
        "",
        'module "a" {',
        f'  package = "{REPOSITORY}/read.zip"',
        "}",
    ]
    assert "configuration_aliases" not in child(ROOT, stacks["us-east-1"], functions=REPOSITORY)


def test_every_stack_is_called_with_the_providers_of_its_regions() -> None:
    calls = parent(environments.load("dev"))["module"]
    assert calls["us-west-2"] == {
        "source": "../envs/dev/us-west-2",
        "providers": {"aws": "aws.usw2"},
    }
    assert calls["state"]["providers"] == {"aws.use1": "aws.use1", "aws.usw2": "aws.usw2"}
    assert calls["edge"]["zone_id"] == "Z0123456789ABCDEFGHIJ"
