"""What the front door's verbs do: an environment, a target, and Terraform over its stacks."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from generator.manifest.problems import InputRefused
from harness.environments import Environment
from harness.lifecycle import order as rollout
from harness.review import reviewed
from harness.review.confirmation import Typed, confirm_destruction, data_review
from harness.sandbox.sandbox import Sandbox
from harness.targets import announced as running_sandbox
from harness.terraform import adapter, bootstrap, installation, plans, runner
from harness.terraform.process import Interruption
from harness.terraform.progress import progress_view
from harness.terraform.session import RunResult, Session, open_session
from harness.terraform.stack import StackRun, Target, UpstreamInput

GOOD, FAILED = 0, 1
SANDBOX = "sandbox"
Confirm = Callable[[str], bool]


def stack_runs(environment: Environment) -> tuple[StackRun, ...]:
    """The environment's stacks as the runner takes them."""
    return tuple(
        StackRun(
            name=stack.name,
            wave=stack.wave,
            root=environment.folder / stack.name,
            inputs=tuple(
                UpstreamInput(variable=each.variable, stack=each.upstream, output=each.output)
                for each in stack.inputs
            ),
            bootstrap=stack.name == "state",
        )
        for stack in environment.stacks
    )


def chosen(environment: Environment, only: Sequence[str]) -> tuple[StackRun, ...]:
    """All stacks, or those named. Raises InputRefused for a name that there is not."""
    everything = stack_runs(environment)
    known = [stack.name for stack in everything]
    if wrong := [name for name in only if name not in known]:
        raise InputRefused(
            [f"STACK={name}: is not a stack of {environment.name}; use {', '.join(known)}" for name in wrong]
        )
    return tuple(stack for stack in everything if not only or stack.name in only)


@contextlib.contextmanager
def session(
    environment: Environment, target: Target, *, as_json: bool = False, **options: Any
) -> Iterator[Session]:
    """A session whose progress is shown, and which Ctrl-C interrupts politely."""
    interruption = Interruption()
    with (
        progress_view(sys.stdout if as_json else sys.stderr, as_json=as_json) as observe,
        _on_interrupt(interruption),
    ):
        yield open_session(environment.name, target, observe=observe, interruption=interruption, **options)


@contextlib.contextmanager
def _on_interrupt(interruption: Interruption) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask Terraform to stop, instead of leaving its locks behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, lambda *_: interruption.request())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def target_of(environment: Environment, *, sandbox: bool) -> Iterator[Target]:
    """AWS as the caller's own environment names it; or the sandbox that runs already, else one of its own."""
    if not sandbox:
        yield Target(name="aws", variables=installation.aws_target())
        return
    regions = environment.regions
    if found := running_sandbox.find(account_id=environment.manifest.account_id, regions=regions):
        yield Target(name=SANDBOX, variables=found.environment)
        return
    forget(environment, SANDBOX)
    with Sandbox(account_id=environment.manifest.account_id, regions=regions) as own:
        print(
            "no sandbox is running (`make sandbox` keeps one up): this one ends with the command",
            file=sys.stderr,
        )
        yield Target(name=SANDBOX, variables=own.environment(environment.manifest.recovery_region))


def forget(environment: Environment, target: str) -> None:
    """Working files of a sandbox that is gone would speak of states that went with it."""
    shutil.rmtree(installation.WORK / target / environment.name, ignore_errors=True)


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
        stacks = rollout.standby_first(environment.manifest, stacks)
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
    """`terraform validate` on every root, without a backend, side by side with nothing."""
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
    with _on_interrupt(interruption):
        yield open_session(environment.name, Target(name="validate"), interruption=interruption)


def _validate(opened: Session, stack: StackRun) -> list[str]:
    root = opened.root(stack)
    root.directory.make()
    adapter.init(root, backend=False)
    result = adapter.validate(root)
    return [str(error.summary) + (f": {error.detail}" if error.detail else "") for error in result.errors]


def report(result: RunResult, *, as_json: bool) -> None:
    """What came out of a run: changes, messages, and where the logs are."""
    if as_json:
        print(json.dumps(_as_json(result)))
        return
    out = Console()
    if not out.is_terminal:
        out = Console(width=160)
    summaries = {each.stack: each.plan for each in result.results if each.plan is not None}
    if result.verb == "plan" and summaries:
        out.print(plans.table(summaries))
    out.print(_summary(result))
    for each in result.results:
        for message in each.messages:
            out.print(
                message,
                style="red" if not each.status.good else "",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        if not each.status.good and each.log is not None:
            out.print(
                f"{each.stack}: log in {_shown(each.log)}", markup=False, highlight=False, soft_wrap=True
            )


def _summary(result: RunResult) -> Table:
    found = Table(box=None, pad_edge=False)
    for name in ("wave", "stack", result.verb, "changes", "seconds"):
        found.add_column(name, justify="right" if name in ("wave", "seconds") else "left")
    for each in result.results:
        changes = each.planned if result.verb == "plan" else each.completed
        found.add_row(str(each.wave), each.stack, each.status.value, str(changes), f"{each.seconds:.1f}")
    found.caption = f"{result.environment} on {result.target}: {result.seconds:.1f} s"
    found.caption_justify = "left"
    return found


def _as_json(result: RunResult) -> dict[str, Any]:
    return {
        "event": "Result",
        "verb": result.verb,
        "environment": result.environment,
        "target": result.target,
        "seconds": round(result.seconds, 3),
        "exit_code": result.exit_code,
        "stacks": [
            {
                "stack": each.stack,
                "wave": each.wave,
                "status": each.status.value,
                "seconds": round(each.seconds, 3),
                "planned": vars(each.planned),
                "completed": vars(each.completed),
                "changes": [asdict(change) for change in each.plan.changes] if each.plan else [],
                "messages": list(each.messages),
                "log": _shown(each.log) if each.log else None,
            }
            for each in result.results
        ],
    }


def _shown(path: Path) -> str:
    return os.path.relpath(path)
