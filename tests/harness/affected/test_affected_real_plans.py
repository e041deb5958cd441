"""The claim itself, with Terraform: a stack that is not affected has the same plan as before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from generator import manifest
from harness.affected.change import change
from harness.environments import Environment
from harness.targets.session import session, stack_runs
from harness.targets.target import target_of
from harness.terraform import runner
from harness.terraform.stack import Target
from tests.harness.affected.changed_repository import Repository

pytestmark = [pytest.mark.terraform, pytest.mark.sandbox, pytest.mark.long, pytest.mark.timeout(900)]

# Terraform lists the attributes that a plan depends on in another order each time
VOLATILE = ("timestamp", "relevant_attributes")
STACKS = {"state", "global", "data", "us-east-1", "us-west-2", "edge"}


def planned(
    repository: Repository, target: Target, terraform: Path, work: Path
) -> dict[str, Mapping[str, Any]]:
    """Every stack's plan as Terraform's JSON, of an environment of which nothing exists."""
    folder = repository.root / "envs/dev"
    environment = Environment("dev", folder, manifest.load(folder / "manifest.yaml"))
    with session(environment, target, documents=True, work=work, binary=terraform) as opened:
        result = runner.plan(opened, stack_runs(environment))
    assert [each.messages for each in result.results if not each.status.good] == []
    found = {each.stack: each.document for each in result.results}
    assert None not in found.values()
    return {
        stack: {name: value for name, value in (document or {}).items() if name not in VOLATILE}
        for stack, document in found.items()
    }


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    return {stack for stack in after if json.dumps(before.get(stack)) != json.dumps(after[stack])}


def test_every_stack_whose_plan_differs_is_affected_and_others_are_not(
    repository: Repository, quick_terraform: Path, tmp_path: Path
) -> None:
    folder = repository.root / "envs/dev"
    environment = Environment("dev", folder, manifest.load(folder / "manifest.yaml"))
    with target_of(environment, sandbox=True) as target:
        before = planned(repository, target, quick_terraform, tmp_path / "work")
        assert set(before) == STACKS
        assert differing(before, planned(repository, target, quick_terraform, tmp_path / "work")) == set()

        repository.change("envs/dev/manifest.yaml", "ttl: 30", "ttl: 20")
        repository.change("modules/data/global_table/main.tf", "  name ", "  # a comment\n  name ")
        repository.append("lambda_src/read/handler.py")
        repository.generate()
        named = {each.name.stack for each in change(repository.root).affected}
        assert named == {"data", "us-east-1", "us-west-2", "edge"}
        after = planned(repository, target, quick_terraform, tmp_path / "work")
    assert differing(before, after) <= named
    assert differing(before, after) == {"us-east-1", "us-west-2", "edge"}
