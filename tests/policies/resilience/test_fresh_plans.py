"""Every environment planned anew: no rule finds an error, and the captured plans are still the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import environments
from policies.resilience import findings
from policies.resilience.plan_json import resources
from tests.policies import capture, captured
from tests.policies.resilience.changed_plans import plans
from tests.provider.executable import found_as_terraform

AGAIN = f"the plans are stale; run: {captured.COMMAND}"


@pytest.mark.long
@pytest.mark.terraform
@pytest.mark.sandbox
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", environments.names())
def test_a_fresh_plan_finds_no_error_and_is_what_was_captured(name: str, quick_terraform: Path) -> None:
    environment = environments.load(name)
    with found_as_terraform(quick_terraform):
        fresh = capture.planned(environment)
    meant = environment.manifest
    found = findings(meant, environment.stacks, fresh)
    assert [each for each in found if each.severity == "error"] == []
    if name in captured.ENVIRONMENTS:
        addresses = {
            stack: {each.address for each in resources(stack, plan)} for stack, plan in plans(name).items()
        }
        assert addresses == {
            stack: {each.address for each in resources(stack, plan)} for stack, plan in fresh.items()
        }, AGAIN
        assert findings(meant, environment.stacks, plans(name)) == found, AGAIN
