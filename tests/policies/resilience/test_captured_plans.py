"""The plans that the rules' tests read are of this generator, whole for the rules, and find no error."""

from __future__ import annotations

import re
from typing import Any

import pytest

from generator.manifest.problems import InputRefused
from generator.stacks import stacks
from policies.resilience import findings
from policies.resilience.plan_json import NOT_KNOWN, configurations, provider_regions, resources
from tests.policies import captured
from tests.policies.resilience.changed_plans import manifest, plans

AGAIN = f"the plans are stale; run: {captured.COMMAND}"


@pytest.mark.parametrize("environment", captured.ENVIRONMENTS)
def test_every_stack_of_the_generator_has_its_plan_with_its_modules_and_regions(environment: str) -> None:
    plans_of = plans(environment)
    meant = stacks(manifest(environment))
    labels = {
        name: {address.split(".")[1] for address, _ in configurations(plan)}
        for name, plan in plans_of.items()
    }
    assert labels == {stack.name: {call.label for call in stack.calls} for stack in meant}, AGAIN
    # a root whose providers all have aliases has a default one too, which nothing uses
    regions = {name: set(provider_regions(plan).values()) - {""} for name, plan in plans_of.items()}
    assert regions == {stack.name: set(stack.regions) for stack in meant}, AGAIN


@pytest.mark.parametrize("environment", captured.ENVIRONMENTS)
def test_every_resource_is_in_the_region_that_the_generator_calls_its_module_in(environment: str) -> None:
    wrong = []
    for stack in stacks(manifest(environment)):
        called = {call.label: call.region for call in stack.calls}
        for each in resources(stack.name, plans(environment)[stack.name]):
            if each.type.startswith("aws_") and each.region != called[each.address.split(".")[1]]:
                wrong.append(each.where)
    assert wrong == []


@pytest.mark.parametrize("environment", captured.ENVIRONMENTS)
def test_no_rule_finds_an_error(environment: str) -> None:
    meant = manifest(environment)
    found = findings(meant, stacks(meant), plans(environment))
    assert [each for each in found if each.severity == "error"] == []
    expected = [*([] if meant.failover else ["RES005"]), *([] if meant.data.backups else ["RES008"])]
    assert [each.rule for each in found] == expected


def test_a_stack_without_a_plan_is_refused_because_the_rules_look_at_pairs() -> None:
    environment = captured.ENVIRONMENTS[0]
    meant, without_one = manifest(environment), plans(environment)
    del without_one["us-west-2"]
    with pytest.raises(InputRefused) as refused:
        findings(meant, stacks(meant), without_one)
    assert refused.value.problems == (
        "active-standby-api: stack us-west-2 has no plan; plan all stacks, the rules look at pairs",
    )


def test_capturing_twice_keeps_the_same() -> None:
    for plan in plans(captured.ENVIRONMENTS[0]).values():
        again = {
            **plan,
            "resource_changes": [{"mode": "managed", **each} for each in plan["resource_changes"]],
        }
        assert captured.reduced(again) == plan


def test_nothing_secret_is_captured() -> None:
    for environment in captured.ENVIRONMENTS:
        for name, plan in plans(environment).items():
            for each in resources(name, plan):
                told = {key: value for key, value in _leaves(each.values) if value not in (None, NOT_KNOWN)}
                assert not [key for key in told if re.search("(password|secret_string)(_wo)?$", key)]


def _leaves(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [
            pair
            for key, below in value.items()
            for pair in (_leaves(below) if isinstance(below, dict | list) else [(key, below)])
        ]
    return [pair for each in value for pair in _leaves(each)] if isinstance(value, list) else []
