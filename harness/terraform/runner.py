"""The verbs over an environment: plan, apply, destroy. Each gives a result per stack and never asks anything.

Confirmation belongs to the cli, which may give the session a `review`. Exceptions are for what is wrong with
the machine or the call; what goes wrong with a stack is its result.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from harness.terraform import adapter, bootstrap, initialised, running, steps, usable, waves
from harness.terraform.adapter import CommandFailed, CommandResult, ExitStatus
from harness.terraform.errors import TerraformError
from harness.terraform.progress_events import RunEnded, RunStarted, StackEnded, StackStarted
from harness.terraform.session import Job, RunResult, Session, StackResult
from harness.terraform.stack import StackRun
from harness.terraform.upstream import PassedOn, UpstreamOutputs

_Work = Callable[[Job], StackResult]


def plan(
    session: Session, stacks: Sequence[StackRun], *, known: Sequence[StackRun] | None = None
) -> RunResult:
    """Plan every stack, side by side; one that fails holds up no other.

    Works for an environment of which nothing exists yet: a stack whose state bucket is missing is planned
    against an empty local state. `known` are all stacks of the environment when `stacks` are only some.
    A saved plan is kept (`plan_file`) where it may be applied.
    """
    everything = known or stacks
    outputs = _outputs(session, everything)

    def work(job: Job) -> StackResult:
        if job.stack.bootstrap:
            return bootstrap.plan(job)
        result = steps.plan_result(job)
        if steps.bucket_is_missing(result.diagnostics):
            note = f"{job.stack.name}: planned against an empty state, its state bucket does not exist yet."
            result = bootstrap.in_copy(job, note=note, state=job.root.directory.path / "empty.tfstate")
        _pass_on(job, everything, outputs)
        return replace(result, inputs=outputs.passed_on(job.stack))

    return _run(session, "plan", stacks, waves.by_inputs(stacks), outputs, work, fail_fast=False)


def apply(
    session: Session, stacks: Sequence[StackRun], *, known: Sequence[StackRun] | None = None
) -> RunResult:
    """Wave by wave: plan a stack when its upstreams are applied, then apply precisely that saved plan.

    The wave after the bootstrap stack starts when its buckets can be used, which is before it is done.
    """
    everything = known or stacks
    outputs = _outputs(session, everything)
    findings = waves.Findings()
    for name in (stack.name for stack in stacks if stack.bootstrap):
        observe = usable.watched(session.observe, name, partial(findings.usable.add, name))
        session = replace(session, observe=observe)

    def work(job: Job) -> StackResult:
        result = bootstrap.apply(job, findings) if job.stack.bootstrap else steps.apply(job)
        if result.status is ExitStatus.SUCCEEDED:
            _pass_on(job, everything, outputs)
        return result

    return _run(session, "apply", stacks, waves.by_wave(stacks), outputs, work, findings=findings)


def apply_reviewed(
    session: Session,
    stacks: Sequence[StackRun],
    *,
    saved: Mapping[str, Path],
    differs: Callable[[str, Sequence[PassedOn]], str | None],
    known: Sequence[StackRun] | None = None,
) -> RunResult:
    """Wave by wave, precisely the `saved` plan of each stack. `differs` is given what upstream stacks pass
    on now and says why the plan cannot be applied with it; then the stack is refused."""
    everything = known or stacks
    outputs = _outputs(session, everything)

    def work(job: Job) -> StackResult:
        if text := differs(job.stack.name, outputs.passed_on(job.stack)):
            return StackResult(
                stack=job.stack.name,
                wave=job.stack.wave,
                verb=job.verb,
                status=ExitStatus.REFUSED,
                messages=(text,),
            )
        result = steps.apply_reviewed(job, saved[job.stack.name])
        if result.status is ExitStatus.SUCCEEDED:
            _pass_on(job, everything, outputs)
        return result

    return _run(session, "apply", stacks, waves.by_wave(stacks), outputs, work)


def states(session: Session, stacks: Sequence[StackRun]) -> dict[str, bytes]:
    """The state of each stack as Terraform's JSON, secrets included; empty where there is none.

    Raises TerraformError for the first that cannot be read.
    """

    def read(stack: StackRun) -> bytes:
        with running.claimed(session.directory(stack.name), stack.name, wait=session.orphan_wait) as killed:
            found = bootstrap.remote(_job(session, "state", stack, {}, killed=killed))
        if isinstance(found, CommandResult):
            raise CommandFailed(found)
        return found[1]

    with ThreadPoolExecutor(max_workers=session.workers or waves.default_workers()) as pool:
        return dict(zip((each.name for each in stacks), pool.map(read, stacks), strict=True))


def destroy(
    session: Session, stacks: Sequence[StackRun], *, known: Sequence[StackRun] | None = None
) -> RunResult:
    """The waves in reverse, each stack through a saved destroy plan. A stack that was never applied is done.

    The bootstrap stack goes last, and only when no state in its buckets holds a resource any more.
    """
    everything = known or stacks
    outputs = _outputs(session, everything)

    def work(job: Job) -> StackResult:
        if job.stack.bootstrap:
            others = [_job(session, "destroy", each, {}) for each in everything if not each.bootstrap]
            return bootstrap.destroy(job, others=others)
        return _good_without_bucket(steps.apply(replace(job, unknown=()), destroy=True))

    return _run(session, "destroy", stacks, waves.by_wave_reversed(stacks), outputs, work)


def plan_destruction(
    session: Session, stacks: Sequence[StackRun], *, known: Sequence[StackRun] | None = None
) -> RunResult:
    """What destroying the stacks would take away. An empty plan: nothing of the stack is left.

    For stacks that leave the environment; nothing can apply these plans.
    """

    def work(job: Job) -> StackResult:
        return _good_without_bucket(steps.plan_result(replace(job, unknown=()), destroy=True, keep=False))

    outputs = _outputs(session, known or stacks)
    return _run(session, "plan", stacks, waves.by_wave_reversed(stacks), outputs, work, fail_fast=False)


def _good_without_bucket(result: StackResult) -> StackResult:
    """A stack without a state bucket has nothing that could be destroyed."""
    if not steps.bucket_is_missing(result.diagnostics):
        return result
    text = f"{result.stack}: its state bucket does not exist, nothing to destroy."
    return replace(result, status=ExitStatus.SUCCEEDED, diagnostics=(), messages=(text,))


def unlock(session: Session, stack: StackRun, lock_id: str) -> StackResult:
    """Release a state lock that its owner cannot release any more. Terraform refuses a wrong id."""
    directory = session.directory(stack.name)
    with running.claimed(directory, stack.name, wait=session.orphan_wait) as killed:
        job = _job(session, "unlock", stack, {}, killed=killed)
        prepared = steps.initialise(job)
        if prepared is not None and prepared.status is not ExitStatus.SUCCEEDED:
            return steps.ended(job, prepared)
        return steps.ended(job, adapter.force_unlock(job.root, lock_id))


def outputs(session: Session, stack: StackRun) -> Mapping[str, Any]:
    """The stack's outputs by name, as `terraform output -json` gives them; empty where there is no state.

    Raises CommandFailed and StackBusy.
    """
    return _outputs(session, (stack,)).of(stack.name)


def _run(
    session: Session,
    verb: str,
    stacks: Sequence[StackRun],
    tasks: Sequence[waves.Task],
    outputs: UpstreamOutputs,
    work: _Work,
    *,
    fail_fast: bool = True,
    findings: waves.Findings | None = None,
) -> RunResult:
    by_name = {stack.name: stack for stack in stacks}
    ordered = tuple(
        (stack.name, stack.wave) for stack in sorted(stacks, key=lambda each: (each.wave, each.name))
    )
    started = time.monotonic()
    told = _Told()
    session.observe(
        RunStarted(verb=verb, environment=session.environment, target=session.target.name, stacks=ordered)
    )
    outcomes = waves.run(
        tasks,
        lambda name: _one(session, verb, by_name[name], outputs, work, told),
        succeeded=lambda result: result.status.good,
        workers=session.workers,
        fail_fast=fail_fast,
        interruption=session.interruption,
        findings=findings,
    )
    results = dict(outcomes.done)
    for name, why in outcomes.not_started.items():
        results[name] = _not_started(session, verb, by_name[name], why)
    seconds = time.monotonic() - started
    run = RunResult(
        verb=verb,
        environment=session.environment,
        target=session.target.name,
        seconds=seconds,
        results=tuple(results[name] for name, _ in ordered),
    )
    session.observe(RunEnded(seconds=seconds, succeeded=run.succeeded))
    return run


def _not_started(session: Session, verb: str, stack: StackRun, why: waves.NotStarted) -> StackResult:
    status = ExitStatus.NOT_STARTED if why.because_of else ExitStatus.INTERRUPTED
    result = StackResult(
        stack=stack.name, wave=stack.wave, verb=verb, status=status, messages=(f"{stack.name}: {why}.",)
    )
    session.observe(_ended_event(result))
    return result


class _Told:
    """What stacks of one run have failed of, so that one cause is told once. Thread safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._first: dict[str, str] = {}

    def once(self, result: StackResult) -> StackResult:
        """`result`, with a reference instead of a message that another stack has had before."""
        if result.status is not ExitStatus.FAILED:
            return result
        return replace(result, messages=tuple(self._short(result.stack, each) for each in result.messages))

    def _short(self, stack: str, message: str) -> str:
        with self._lock:
            first = self._first.setdefault(message.removeprefix(f"{stack}: "), stack)
        return message if first == stack else f"{stack}: stopped by the same as {first}."


def _one(
    session: Session, verb: str, stack: StackRun, outputs: UpstreamOutputs, work: _Work, told: _Told
) -> StackResult:
    """One stack from its claim to its result; an error of ours or of the machine's is its result too."""
    session.observe(StackStarted(stack=stack.name))
    started = time.monotonic()
    try:
        directory = session.directory(stack.name)
        with running.claimed(directory, stack.name, wait=session.orphan_wait) as killed:
            variables, unknown = outputs.variables_for(stack)
            job = replace(_job(session, verb, stack, variables, killed=killed), unknown=unknown)
            if killed and killed.under_way:
                job.say(f"an earlier run was stopped while it changed {', '.join(sorted(killed.under_way))}")
            result = work(job)
    except TerraformError as error:
        text = str(error) if str(error).startswith(f"{stack.name}:") else f"{stack.name}: {error}"
        result = StackResult(
            stack=stack.name, wave=stack.wave, verb=verb, status=ExitStatus.FAILED, messages=(text,)
        )
    result = told.once(replace(result, seconds=time.monotonic() - started))
    session.observe(_ended_event(result))
    return result


def _ended_event(result: StackResult) -> StackEnded:
    return StackEnded(
        stack=result.stack,
        status=result.status,
        seconds=result.seconds,
        changes=result.planned if result.verb == "plan" else result.completed,
        message="\n".join(result.messages),
    )


def _job(
    session: Session,
    verb: str,
    stack: StackRun,
    variables: Mapping[str, str],
    *,
    killed: running.Record | None = None,
) -> Job:
    root = session.root(stack, variables=variables)
    return Job(session=session, stack=stack, root=root, verb=verb, killed=killed)


def _outputs(session: Session, everything: Sequence[StackRun]) -> UpstreamOutputs:
    """Outputs of stacks that are not part of this run are read from their states."""
    by_name = {stack.name: stack for stack in everything}

    def read(name: str) -> Mapping[str, Any]:
        stack = by_name.get(name)
        if stack is None:
            raise TerraformError(f"no stack is called {name}; there are {', '.join(sorted(by_name))}.")
        with running.claimed(session.directory(name), name, wait=session.orphan_wait):
            return _read_outputs(_job(session, "output", stack, {}))

    return UpstreamOutputs(read)


def _read_outputs(job: Job) -> Mapping[str, Any]:
    """Empty where there is no state yet. The stack must be claimed."""
    fresh = steps.initialise(job)
    if fresh is not None and fresh.status is not ExitStatus.SUCCEEDED:
        if steps.bucket_is_missing(fresh.diagnostics):
            return {}
        raise CommandFailed(fresh)
    try:
        return adapter.output(job.root)
    except CommandFailed as failed:
        if steps.bucket_is_missing(failed.result.diagnostics):
            return {}
        if fresh is None and initialised.is_needed(failed.result.errors):
            initialised.forget(job.root)
            return _read_outputs(job)
        raise


def _pass_on(job: Job, everything: Sequence[StackRun], outputs: UpstreamOutputs) -> None:
    """Read the outputs that others wait for while the stack is claimed; nobody else has to claim it then."""
    if any(each.stack == job.stack.name for stack in everything for each in stack.inputs):
        outputs.put(job.stack.name, _read_outputs(job))
