"""An environment, applied in a sandbox for all tests of a folder."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from harness import environments
from harness.drill.run.run import DrillResult, run_drill
from harness.drill.scenario import Scenario, find_scenario
from harness.drill.subject import Subject
from harness.environments import REPOSITORY, Environment
from harness.rehearsal import drill as rehearsal
from harness.sandbox.sandbox import Sandbox
from harness.targets.session import stack_runs
from harness.terraform.stack import StackRun, Target
from tests import inventory
from tests.drilling import TURNS
from tests.provider.executable import found_as_terraform


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
        return stack_runs(self.environment)

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


@contextlib.contextmanager
def applied(name: str, *, terraform: Path | None = None, taken_up: bool = False) -> Iterator[Estate]:
    """An environment in a sandbox of its own. Applying is mostly waiting, so it takes no turn.

    `terraform`: what runs until the end of the block, instead of the machine's own. `taken_up`: in a second
    sandbox, which took up a snapshot of the one that it was applied in, as a second drill does.
    """
    environment = environments.load(name)
    ours = found_as_terraform(terraform) if terraform else contextlib.nullcontext()
    with ours, contextlib.ExitStack() as first:
        sandbox = first.enter_context(rehearsal.applied(environment))
        if taken_up:
            taken = sandbox.snapshot()
            first.close()
            account = environment.manifest.account_id
            sandbox = first.enter_context(Sandbox(account_id=account, regions=environment.regions))
            sandbox.take_up(taken)
        yield Estate(environment, sandbox)


def drilled(estate: Estate, scenario: Scenario | str, *, seed: int = 1) -> DrillResult:
    """A drill's result, in its turn and with half the scenario's clients: what they see does not depend on
    how many they are.

    One that a busy machine made inconclusive is run again with the next seed, twice at most, as it says
    nothing for or against the estate.
    """
    wanted = _with_half_the_clients(find_scenario(scenario) if isinstance(scenario, str) else scenario)
    for attempt in range(3):
        with TURNS.turn():
            result = run_drill(estate.sandbox, estate.subject, wanted, seed=seed + 1000 * attempt)
        if result.verdict.status != "inconclusive":
            break
    return result


def _with_half_the_clients(scenario: Scenario) -> Scenario:
    clients = {place: (count + 1) // 2 for place, count in scenario.load.clients.items()}
    return scenario.model_copy(update={"load": scenario.load.model_copy(update={"clients": clients})})


def hold_to_inventory(
    environment: Environment, client: Callable[[str, str], Any], holds: Callable[..., None]
) -> None:
    """That the states of an applied environment hold what `tests/envs/inventories` says, no more, no less.

    `client`: a boto3 client from service and region.
    """
    found = {}
    for stack in environment.stacks:
        kept = client("s3", stack.state_region).get_object(
            Bucket=stack.state_bucket, Key=f"{stack.name}/terraform.tfstate"
        )
        applied = inventory.of_state(json.loads(kept["Body"].read()))
        found[stack.name] = inventory.of_resources({c.label: c.module for c in stack.calls}, applied)
    test = "tests/envs/test_root_inventories.py::test_the_roots_plan_what_the_inventory_says"
    holds(
        REPOSITORY / "tests" / "envs" / "inventories" / f"{environment.name}.yaml",
        found,
        command=f"make inventories TESTS='{test}[{environment.name}]'",
    )
