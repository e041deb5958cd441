"""Captures the plans that the rules' tests read.

`.venv/bin/python -m tests.policies.capture [environment ...]` plans the environments in a sandbox and writes
plans/<environment>/<stack>.json.gz anew; about a minute and a half each.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from harness import environments
from harness.environments import Environment
from harness.sandbox.sandbox import Sandbox
from harness.targets.session import session, stack_runs
from harness.targets.target import forget
from harness.terraform import runner
from harness.terraform.stack import Target
from tests.policies import captured

TARGET = "captured"
"""Not the one of `make sandbox`: a sandbox that is up is not empty."""


def planned(environment: Environment) -> dict[str, Mapping[str, Any]]:
    """Stack name -> plan, whole, of an empty sandbox. Raises RuntimeError when a stack cannot be planned."""
    manifest = environment.manifest
    forget(environment, TARGET)
    with Sandbox(account_id=manifest.account_id, regions=environment.regions) as sandbox:
        target = Target(name=TARGET, variables=sandbox.environment(manifest.recovery_region))
        with session(environment, target, documents=True) as opened:
            results = runner.plan(opened, stack_runs(environment)).results
    if failed := [each.messages for each in results if each.document is None]:
        raise RuntimeError(f"{environment.name}: {failed}")
    return {each.stack: each.document for each in results if each.document is not None}


if __name__ == "__main__":
    for name in sys.argv[1:] or captured.ENVIRONMENTS:
        captured.write(name, planned(environments.load(name)))
