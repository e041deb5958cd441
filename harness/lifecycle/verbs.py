"""Plan, apply, destroy and validate the stacks of an environment."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from harness.environments import Environment
from harness.lifecycle import order
from harness.review import reviewed
from harness.review.confirmation import Consent, confirm_destruction, data_review
from harness.targets.session import Run, interruptible, stack_runs
from harness.terminal import FAILED, GOOD
from harness.terraform import adapter, bootstrap, runner
from harness.terraform.diagnostics import cause_of
from harness.terraform.process import Interruption
from harness.terraform.report import report
from harness.terraform.session import Session, open_session
from harness.terraform.stack import StackRun, Target


def plan(
    run: Run,
    *,
    plans_folder: Path | None = None,
    documents: bool = False,
    artifact: str = "",
) -> int:
    """Show the changes. `plans_folder` keeps the plans there, to be reviewed and applied as they are;
    `documents` puts Terraform's JSON beside them, secrets included."""
    if plans_folder is not None:
        reviewed.refuse_foreign(plans_folder)
    stacks = run.stacks
    with run.open(documents=plans_folder is not None) as opened:
        result = runner.plan(opened, stacks, known=stack_runs(run.environment))
        if plans_folder is not None:
            reviewed.keep(
                plans_folder,
                run.environment,
                opened,
                result,
                at=datetime.now(UTC),
                documents=documents,
                artifact=artifact,
            )
    report(result, as_json=run.as_json)
    return result.exit_code


def apply(run: Run, consent: Consent, *, standby_first: bool = False) -> int:
    """Plan and apply, wave by wave. Outside of the sandbox, data is lost only by its name in `consent`."""
    environment, stacks = run.environment, run.stacks
    if standby_first:
        stacks = order.standby_first(environment.manifest, stacks)
    if not run.sandbox:
        consent.require(question(environment, "Apply", [stack.name for stack in stacks]))
    with run.open() as opened:
        review = None if run.sandbox else data_review(consent, observe=opened.observe)
        result = runner.apply(replace(opened, review=review), stacks, known=stack_runs(environment))
    report(result, as_json=run.as_json)
    return result.exit_code


def destroy(run: Run, consent: Consent, *, say: Callable[[str], None] = lambda line: None) -> int:
    """Destroy, last wave first. Outside of the sandbox everything that goes is listed, and the answer is the
    environment's name. Raises InputRefused without it."""
    environment, stacks = run.environment, run.stacks
    with run.open() as opened:
        if not run.sandbox:
            confirm_destruction(
                environment.name,
                {stack: bootstrap.addresses(text) for stack, text in runner.states(opened, stacks).items()},
                account=environment.manifest.account_id,
                consent=consent,
                say=say,
            )
        result = runner.destroy(opened, stacks, known=stack_runs(environment))
    report(result, as_json=run.as_json)
    return result.exit_code


def question(environment: Environment, verb: str, stacks: Sequence[str]) -> str:
    """The question of yes or no before AWS is changed: stacks, environment and account."""
    account = environment.manifest.account_id
    return f"{verb} {', '.join(stacks)} of {environment.name} in AWS account {account}?"


def validate(environments: Sequence[Environment], *, say: Callable[[str], None]) -> int:
    """Validate each root, one after the other, without a backend."""
    failed = 0
    for environment in environments:
        with open_validation(environment) as opened:
            for stack in stack_runs(environment):
                errors = _validate(opened, stack)
                failed += bool(errors)
                say(f"{environment.name}/{stack.name}: {'invalid' if errors else 'valid'}")
                for error in errors:
                    say(f"  {error}")
    return FAILED if failed else GOOD


@contextlib.contextmanager
def open_validation(environment: Environment) -> Iterator[Session]:
    interruption = Interruption()
    with interruptible(interruption):
        yield open_session(environment.name, Target(name="validate"), interruption=interruption)


def _validate(opened: Session, stack: StackRun) -> list[str]:
    root = opened.root(stack)
    root.directory.make()
    ready = adapter.init(root, backend=False)
    if ready.status is not adapter.ExitStatus.SUCCEEDED and any(map(cause_of, ready.errors)):
        raise adapter.CommandFailed(ready)
    result = adapter.validate(root)
    return [str(error.summary) + (f": {error.detail}" if error.detail else "") for error in result.errors]
