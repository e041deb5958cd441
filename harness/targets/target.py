"""The target of a verb: the operator's AWS account, or a sandbox."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterator

from harness.environments import Environment
from harness.targets import announced
from harness.terraform import installation
from harness.terraform.stack import Target

SANDBOX = "sandbox"


@contextlib.contextmanager
def target_of(environment: Environment, *, sandbox: bool) -> Iterator[Target]:
    """AWS by the AWS_* variables of this process; or the running sandbox, or one that ends with the block."""
    if not sandbox:
        yield Target(name="aws", variables=installation.aws_target())
        return
    regions = environment.regions
    if found := announced.find(account_id=environment.manifest.account_id, regions=regions):
        yield Target(name=SANDBOX, variables=found.environment)
        return
    from harness.sandbox.sandbox import Sandbox  # its emulators take longer to import than a plan to start

    forget(environment, SANDBOX)
    with Sandbox(account_id=environment.manifest.account_id, regions=regions) as own:
        print(
            "no sandbox is running (`make sandbox` keeps one up): this one ends with the command",
            file=sys.stderr,
        )
        yield Target(name=SANDBOX, variables=own.environment(environment.manifest.recovery_region))


def forget(environment: Environment, target: str) -> None:
    """Remove the working files of an environment on a target: they describe states that are gone."""
    shutil.rmtree(installation.WORK / target / environment.name, ignore_errors=True)
