"""Plan, apply, destroy and validate the stacks of an environment."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from generator.manifest.problems import InputRefused
from harness.environments import Environment
from harness.lifecycle import order
from harness.review import reviewed
from harness.review.confirmation import Typed, confirm_destruction, data_review
from harness.targets.session import chosen, interruptible, session, stack_runs
from harness.targets.target import target_of
from harness.terminal import FAILED, GOOD
from harness.terraform import adapter, bootstrap, runner
from harness.terraform.process import Interruption
from harness.terraform.report import report
from harness.terraform.session import Session, open_session
from harness.terraform.stack import StackRun, Target

Confirm = Callable[[str], bool]


def plan(
    environment: Environment,
    *,
    sandbox: bool,
    only: tuple[str, ...],
    as_json: bool,
    plans_folder: Path | None = None,
    documents: bool = False,
    artifact: str = "",
) -> int:
    """What would change. `plans_folder` keeps the plans there, to be reviewed and applied as they are;
    `documents` puts Terraform's JSON beside them, secrets included."""
    if plans_folder is not None:
        reviewed.refuse_foreign(plans_folder)
    stacks = chosen(environment, only)
    with (
        target_of(environment, sandbox=sandbox) as target,
        session(environment, target, as_json=as_json, documents=plans_folder is not None) as opened,
    ):
        result = runner.plan(opened, stacks, known=stack_runs(environment))
        if plans_folder is not None:
            reviewed.keep(
                plans_folder,
                environment,
                opened,
                result,
                at=datetime.now(UTC),
                documents=documents,
                artifact=artifact,
            )
    report(result, as_json=as_json)
    return result.exit_code


def apply(
    environment: Environment,
    *,
    sandbox: bool,
    only: tuple[str, ...],
    as_json: bool,
    confirm: Confirm,
    confirmed: Iterable[str] = (),
    typed: Typed | None = None,
    standby_first: bool = False,
) -> int:
    """Plan and apply, wave by wave. Outside of the sandbox losing data takes its name (`confirmed`)."""
    stacks = chosen(environment, only)
    if standby_first:
        stacks = order.standby_first(environment.manifest, stacks)
    if not sandbox:
        ask(environment, "Apply", [stack.name for stack in stacks], confirm=confirm)
    with (
        target_of(environment, sandbox=sandbox) as target,
        session(environment, target, as_json=as_json) as opened,
    ):
        review = None if sandbox else data_review(confirmed, typed=typed, observe=opened.observe)
        result = runner.apply(replace(opened, review=review), stacks, known=stack_runs(environment))
    report(result, as_json=as_json)
    return result.exit_code


def destroy(
    environment: Environment,
    *,
    sandbox: bool,
    only: tuple[str, ...],
    as_json: bool,
    yes: bool,
    confirmed: Iterable[str] = (),
    typed: Typed | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> int:
    """Destroy, last wave first. Outside of the sandbox everything that goes is listed, and the answer is the
    environment's name. Raises InputRefused without it."""
    stacks = chosen(environment, only)
    with (
        target_of(environment, sandbox=sandbox) as target,
        session(environment, target, as_json=as_json) as opened,
    ):
        if not sandbox:
            confirm_destruction(
                environment.name,
                {stack: bootstrap.addresses(text) for stack, text in runner.states(opened, stacks).items()},
                account=environment.manifest.account_id,
                confirmed=confirmed,
                yes=yes,
                typed=typed,
                say=say,
            )
        result = runner.destroy(opened, stacks, known=stack_runs(environment))
    report(result, as_json=as_json)
    return result.exit_code


def ask(environment: Environment, verb: str, stacks: Sequence[str], *, confirm: Confirm) -> None:
    """Raises InputRefused unless the answer is yes."""
    account = environment.manifest.account_id
    if not confirm(f"{verb} {', '.join(stacks)} of {environment.name} in AWS account {account}?"):
        raise InputRefused(["nothing was done; answer yes at a terminal, or run again with YES=1"])


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
    adapter.init(root, backend=False)
    result = adapter.validate(root)
    return [str(error.summary) + (f": {error.detail}" if error.detail else "") for error in result.errors]
