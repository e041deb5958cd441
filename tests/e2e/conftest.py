"""The reference environment, applied once in one sandbox for every test of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from harness import environments, rehearsal, verbs
from harness.drill.subject import Subject
from harness.environments import Environment
from harness.sandbox.server import Sandbox
from harness.terraform.session import Session
from harness.terraform.stack import StackRun, Target

REFERENCE = "reference/active-standby-api"


@dataclass(frozen=True)
class Estate:
    """An environment that is applied in a running sandbox."""

    environment: Environment
    sandbox: Sandbox

    @property
    def subject(self) -> Subject:
        return rehearsal.subject_of(self.environment, self.sandbox)

    @property
    def stacks(self) -> tuple[StackRun, ...]:
        return verbs.stack_runs(self.environment)

    def stack(self, name: str) -> StackRun:
        return next(stack for stack in self.stacks if stack.name == name)

    @property
    def target(self) -> Target:
        variables = self.sandbox.environment(self.environment.manifest.recovery_region)
        return Target(name=rehearsal.DRILL, variables=variables)

    def client(self, service: str, region: str) -> Any:
        """A boto3 client of the sandbox."""
        keys = self.sandbox.environment(region)
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.sandbox.endpoint,
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        )


@pytest.fixture(scope="package")
def estate() -> Iterator[Estate]:
    environment = environments.load(REFERENCE)
    with rehearsal.applied(environment) as sandbox:
        yield Estate(environment, sandbox)


@pytest.fixture
def terraform(estate: Estate) -> Iterator[Session]:
    """A session over the applied estate, every fault healed afterwards."""
    with verbs.session(estate.environment, estate.target) as opened:
        yield opened
    estate.sandbox.faults.heal_all()
