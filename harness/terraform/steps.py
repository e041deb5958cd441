"""The steps of one stack: initialise, recover what a killed run left, plan into a file, apply that file.

What can be recovered after Terraform was stopped. It saves its state every 20 seconds while it applies (no
less: it ignores a smaller TF_STATE_PERSIST_INTERVAL) and once at the end, so one that was killed may have
made resources that no state knows: those under way, and those made since the last save. One that was
interrupted gives up the calls under way: AWS may have answered them all the same. Our log names them and
their ids; what is known by name or id (`adoption.py`) and exists is imported, the rest reported. A
state that could not be written to the backend lies in `errored.tfstate` and is pushed first. A stale lock of
our own is released.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped,unused-ignore]

from harness.terraform import adapter, adoption, initialised, installation, plans, running
from harness.terraform.adapter import CommandResult, ExitStatus
from harness.terraform.diagnostics import Diagnostic, lock_message
from harness.terraform.errors import NotConfirmed
from harness.terraform.plans import PlanSummary
from harness.terraform.progress_events import StackPlanned
from harness.terraform.session import Job, StackResult, error_messages

STALE = "Saved plan is stale"
_BUCKET_MISSING = re.compile(r"S3 bucket \"[^\"]+\" does not exist|NoSuchBucket")


def bucket_is_missing(diagnostics: tuple[Diagnostic, ...]) -> bool:
    """The backend's bucket is not there: this environment has not been applied yet."""
    return any(_BUCKET_MISSING.search(each.text) for each in diagnostics if each.is_error)


def initialise(
    job: Job, *, force: bool = False, backend: dict[str, str] | None = None
) -> CommandResult | None:
    """None when nothing that `init` depends on has changed since its last success."""
    if not force and initialised.is_current(job.root):
        return None
    job.step("init")
    initialised.forget(job.root)
    # Terraform's plugin cache is not made for two at a time; a mirror is only read.
    with installation.init_lock(job.session.work):
        result = adapter.init(job.root, backend_config=backend)
    if result.status is ExitStatus.SUCCEEDED:
        initialised.note(job.root)
    return result


def with_lock(job: Job, command: Callable[[], CommandResult]) -> CommandResult:
    """Run `command`; if a dead process of ours holds the state's lock, release it and run again."""
    result = command()
    lock = result.lock
    if lock is None or not running.is_ours_and_dead(lock, job.killed) or _terraform_in(job.root.path):
        return result
    job.say(
        f"released lock {lock.id}: it was held by our own {lock.operation} (process "
        f"{job.killed.pid if job.killed else '?'}), which was killed"
    )
    released = adapter.force_unlock(job.root, lock.id)
    return command() if released.status is ExitStatus.SUCCEEDED else result


def _terraform_in(root: Path) -> bool:
    """A living Terraform works in this root: whoever started it, its lock is not to be taken away."""
    for process in psutil.process_iter(["name", "cwd"]):
        name, cwd = process.info["name"] or "", process.info["cwd"]
        if cwd and name.startswith(("terraform", "tofu")) and Path(cwd) == root:
            return True
    return False


def recover_state(job: Job) -> CommandResult | None:
    """Push the state that an earlier apply could not write; the result only if that failed."""
    errored = job.root.path / "errored.tfstate"
    if not errored.is_file():
        return None
    job.step("recover state")
    result = with_lock(job, lambda: adapter.state_push(job.root, errored))
    if result.status is not ExitStatus.SUCCEEDED:
        return result
    kept = job.root.directory.path / f"recovered-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.tfstate"
    os.replace(errored, kept)
    kept.chmod(0o600)
    job.say(f"pushed the state that an earlier apply could not write (kept as {kept})")
    return None


def plan(job: Job, *, destroy: bool = False, imports: Mapping[str, str] | None = None) -> CommandResult:
    """A saved plan in the stack's directory, initialised first if need be, and again if Terraform asks.

    `imports`: address -> import identifier of what the plan takes into the state.
    """
    fresh = initialise(job)
    if fresh and fresh.status is not ExitStatus.SUCCEEDED:
        return fresh
    if failed := recover_state(job):
        return failed
    job.step("plan")
    out = job.root.directory.plan_file

    def once() -> CommandResult:
        out.unlink(missing_ok=True)
        with _import_blocks(job.root.path / adoption.FILE, imports or {}):
            return adapter.plan(job.root, out=out, destroy=destroy)

    result = with_lock(job, once)
    if fresh is None and initialised.is_needed(result.errors):
        again = initialise(job, force=True)
        if again and again.status is not ExitStatus.SUCCEEDED:
            return again
        result = with_lock(job, once)
    if result.status is ExitStatus.SUCCEEDED:
        job.session.observe(StackPlanned(stack=job.stack.name, changes=result.planned))
    return result


@contextlib.contextmanager
def _import_blocks(file: Path, imports: Mapping[str, str]) -> Iterator[None]:
    """The root has the blocks while it is planned, and never for longer: a plan that is saved knows them."""
    file.unlink(missing_ok=True)  # of a run that was killed
    if imports:
        file.write_text(adoption.blocks(imports), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _with_what_was_made(job: Job, planned: CommandResult, stopped: running.Record) -> CommandResult:
    """A plan that imports what the stopped run had begun to make, is planned to be made, and exists.

    In rounds, because the import identifier of a part needs that of the whole: an API before its methods.
    """
    begun = {address: "" for address, did in stopped.under_way.items() if did == "create"} | stopped.created
    imports: dict[str, str] = {}
    tried: set[str] = set()
    while planned.status is ExitStatus.SUCCEEDED and begun.keys() - tried:
        names = adoption.identifiers(adapter.show(job.root, job.root.directory.plan_file), begun)
        fresh = {address: name for address, name in names.items() if address not in tried}
        if not fresh:
            break
        tried |= fresh.keys()
        job.step("import")
        planned = _with_what_exists(job, imports, fresh)
    if planned.imports:
        job.say(f"imports {', '.join(planned.imports)}: made by the run that was stopped, in no state")
    return planned


def _with_what_exists(job: Job, imports: dict[str, str], fresh: Mapping[str, str]) -> CommandResult:
    """A plan that imports also what exists of `fresh`; that is added to `imports`."""
    left = dict(fresh)
    while True:
        result = plan(job, imports=imports | left)
        missing = adoption.missing(result.errors, left)
        if not missing:
            break
        left = {address: name for address, name in left.items() if address not in missing}
    if result.status is not ExitStatus.FAILED:
        imports.update(left)
        return result
    for address, name in left.items():  # the error does not say which
        result = plan(job, imports=imports | {address: name})
        if result.status is ExitStatus.SUCCEEDED:
            imports[address] = name
        elif result.status is not ExitStatus.FAILED:
            return result
    return plan(job, imports=imports)


def read_plan(job: Job, result: CommandResult) -> tuple[PlanSummary, Mapping[str, Any] | None]:
    """The saved plan's summary, and the whole of it where it was read.

    `show` starts the provider once more (two seconds): only where it is asked for, or says more than the
    stream did.
    """
    if not (job.session.documents or result.planned.update or result.planned.replace):
        return plans.summary_of_events(result.planned, result.changed_outputs, result.imports), None
    document = adapter.show(job.root, job.root.directory.plan_file)
    return plans.summary(document), document


def plan_result(job: Job, *, destroy: bool = False, keep: bool = True, note: str = "") -> StackResult:
    """Plan and say what it would do. The file is kept only where it may be applied."""
    result = plan(job, destroy=destroy)
    if job.killed is not None and not destroy:
        result = _with_what_was_made(job, result, job.killed)
    out = job.root.directory.plan_file
    if result.status is not ExitStatus.SUCCEEDED:
        out.unlink(missing_ok=True)
        return ended(job, result)
    summary, document = read_plan(job, result)
    keep = keep and not job.unknown
    if not keep:
        out.unlink(missing_ok=True)
    if summary.is_empty:
        running.put_right(job.root.directory)
    waiting = tuple(
        f"{job.stack.name}: {each.variable} is not known yet: it is output {each.output} of stack "
        f"{each.stack}, which has to be applied first. This plan cannot be applied."
        for each in job.unknown
    )
    status = ExitStatus.INCOMPLETE if job.unknown else ExitStatus.SUCCEEDED
    return replace(
        ended(job, result),
        status=status,
        plan=summary,
        messages=(*((note,) if note else ()), *waiting),
        plan_file=out if keep else None,
        document=document if job.session.documents else None,
    )


def apply(job: Job, *, destroy: bool = False) -> StackResult:
    """Plan, show the plan to whoever reviews, apply precisely that. Nothing to do is success."""
    planned = plan_result(job, destroy=destroy)
    if planned.status is ExitStatus.INCOMPLETE and not destroy:
        return replace(planned, status=ExitStatus.FAILED)
    if not planned.status.good or planned.plan is None or planned.plan.is_empty:
        job.root.directory.plan_file.unlink(missing_ok=True)
        return replace(planned, plan_file=None)
    if refused := _refused(job, planned, planned.plan):
        job.root.directory.plan_file.unlink(missing_ok=True)
        return refused
    applied = _apply_saved(job, destroy=destroy)
    if applied.status is ExitStatus.SUCCEEDED:
        running.put_right(job.root.directory)
    return replace(ended(job, applied), plan=planned.plan, planned=planned.planned)


def _refused(job: Job, planned: StackResult, summary: PlanSummary) -> StackResult | None:
    """What the review of this plan makes of it; None when it may be applied."""
    review = job.session.review
    try:
        if review is None or review(job.stack, summary):
            return None
    except NotConfirmed as missing:
        return replace(planned, status=ExitStatus.REFUSED, messages=(str(missing),), plan_file=None)
    text = f"{job.stack.name}: not approved."
    return replace(planned, status=ExitStatus.INTERRUPTED, messages=(text,), plan_file=None)


def apply_reviewed(job: Job, saved: Path) -> StackResult:
    """Apply precisely the plan in `saved`, which stays where it is. Terraform refuses one whose state has
    moved on since; that, and a state which lies here unpushed, is a refusal."""
    name = job.stack.name
    if (job.root.path / "errored.tfstate").is_file():
        text = (
            f"{name}: an earlier apply could not write its state ({os.path.relpath(job.root.path)}/"
            "errored.tfstate): the reviewed plan does not know it. `make plan` pushes it; review that plan."
        )
        return StackResult(
            stack=name, wave=job.stack.wave, verb=job.verb, status=ExitStatus.REFUSED, messages=(text,)
        )
    fresh = initialise(job)
    if fresh and fresh.status is not ExitStatus.SUCCEEDED:
        return ended(job, fresh)
    applied = _apply_copy(job, saved)
    if fresh is None and initialised.is_needed(applied.errors):
        again = initialise(job, force=True)
        if again and again.status is not ExitStatus.SUCCEEDED:
            return ended(job, again)
        applied = _apply_copy(job, saved)
    result = ended(job, applied)
    if any(each.summary == STALE for each in applied.errors):
        text = (
            f"{name}: the state has changed since the plan was reviewed: it was not applied. "
            "Plan again and review that."
        )
        return replace(result, status=ExitStatus.REFUSED, messages=(text,))
    if applied.status is ExitStatus.SUCCEEDED:
        running.put_right(job.root.directory)
    return result


def _apply_copy(job: Job, saved: Path) -> CommandResult:
    """An artifact has lost the mode of its files: what Terraform reads is a copy for its owner alone."""
    job.root.directory.make()
    out = job.root.directory.plan_file
    out.unlink(missing_ok=True)
    out.touch(mode=0o600)
    out.write_bytes(saved.read_bytes())
    return _apply_saved(job, destroy=False)


def _apply_saved(job: Job, *, destroy: bool) -> CommandResult:
    verb = "destroy" if destroy else "apply"
    job.step(verb)
    out = job.root.directory.plan_file
    try:
        return with_lock(job, lambda: adapter.apply(job.root, plan_file=out, verb=verb))
    finally:
        out.unlink(missing_ok=True)  # it is used up, and it holds secrets


def ended(job: Job, result: CommandResult) -> StackResult:
    """A command's result as the stack's."""
    stack = job.stack
    return StackResult(
        stack=stack.name,
        wave=stack.wave,
        verb=job.verb,
        status=result.status,
        log=result.log,
        planned=result.planned,
        completed=result.completed,
        diagnostics=result.diagnostics,
        messages=_messages(job, result),
        unknown=job.unknown,
    )


def _messages(job: Job, result: CommandResult) -> tuple[str, ...]:
    name, status, log = job.stack.name, result.status, os.path.relpath(result.log)
    if result.lock:
        release = release_command(job, result.lock.id)
        return (lock_message(name, result.lock, release=release, now=datetime.now(UTC)),)
    if status is ExitStatus.TIMED_OUT:
        return (f"{name}: terraform {result.command} was stopped after {result.seconds:.0f} s. Log: {log}",)
    if status is ExitStatus.KILLED:
        return (
            f"{name}: terraform {result.command} was killed by signal {-result.exit_code}. Its state may "
            f"lack what was under way; run the same again, it recovers what it can. Log: {log}",
        )
    if status is ExitStatus.INTERRUPTED:
        return (f"{name}: terraform {result.command} was interrupted. Log: {log}",)
    said = error_messages(name, result.diagnostics, job.root.path)
    if status is ExitStatus.FAILED and not said:
        return (f"{name}: terraform {result.command} ended with {result.exit_code}. Log: {log}",)
    return said


def release_command(job: Job, lock_id: str) -> str:
    """What an operator types to release a lock whose owner is gone."""
    endpoint = job.session.target.variables.get("AWS_ENDPOINT_URL")
    prefix = f"AWS_ENDPOINT_URL={endpoint} " if endpoint else ""
    where = os.path.relpath(job.root.path)
    return f"{prefix}TF_DATA_DIR={job.root.directory.path} terraform -chdir={where} force-unlock {lock_id}"
