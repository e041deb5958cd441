"""The stack that makes the bucket of its own state.

Its root has an ordinary S3 backend. While the bucket does not exist it is applied from a working copy with a
local state, which is then pushed to where it belongs; once the remote state exists it is like any other.

Every step can be killed and run again. The local state is written after every resource and stays until the
remote one is proven to hold it (the same contents), so at any moment one of the two is complete and the next
run knows which: no resource is made twice, no state is lost. There is one gap: Terraform truncates a local
state before it writes it, so a kill in between leaves an empty file; then the next run imports what the
killed one's log says was made. Destroying goes the other way: the state is brought home first, because the
bucket that holds it goes.
"""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.terraform import adapter, steps
from harness.terraform.adapter import CommandFailed, CommandResult, ExitStatus
from harness.terraform.errors import TerraformError
from harness.terraform.session import Job, StackResult
from harness.terraform.waves import Findings
from harness.terraform.working_copy import initialise_copy, working_copy


class Remote(enum.Enum):
    NO_BUCKET = "no bucket"
    EMPTY = "empty"
    PRESENT = "present"


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What identifies a state. `contents` is a digest of its resources and outputs: a push into an empty
    backend gives the state a new lineage and serial (Terraform 1.11.4, measured): these alone prove nothing.
    """

    lineage: str
    serial: int
    resources: int
    contents: str


def snapshot(text: bytes) -> Snapshot | None:
    """None for no state, and for the empty one that Terraform gives for a key that does not exist."""
    if not text.strip():
        return None
    state = json.loads(text)
    if not state.get("lineage"):
        return None
    holds = {"resources": state.get("resources") or [], "outputs": state.get("outputs") or {}}
    return Snapshot(
        lineage=str(state["lineage"]),
        serial=int(state["serial"]),
        resources=len(holds["resources"]),
        contents=hashlib.sha256(json.dumps(holds, sort_keys=True).encode()).hexdigest(),
    )


def addresses(text: bytes) -> tuple[str, ...]:
    """Addresses of the managed resources in a state, sorted; none where there is no state."""
    found = []
    for each in json.loads(text or b"{}").get("resources") or ():
        if each.get("mode") == "managed":
            prefix = f"{each['module']}." if each.get("module") else ""
            name = f"{prefix}{each['type']}.{each['name']}"
            keys = [instance.get("index_key") for instance in each.get("instances") or ()]
            found += [name if key is None else f"{name}[{json.dumps(key)}]" for key in keys]
    return tuple(sorted(found))


def local_state(job: Job) -> Path:
    return job.root.directory.path / "bootstrap.tfstate"


def _local(job: Job) -> Snapshot | None:
    """Raises TerraformError for a file that is neither empty nor whole."""
    path = local_state(job)
    if not path.is_file():
        return None
    try:
        return snapshot(path.read_bytes())
    except json.JSONDecodeError as problem:
        raise TerraformError(
            f"{job.stack.name}: {path} is half a state ({problem}): Terraform was stopped while it wrote. "
            "Move it away and run again: what the stopped run's log says was made is then imported."
        ) from problem


def remote(job: Job) -> tuple[Remote, bytes] | CommandResult:
    """What lies in the backend, and the state itself; a result if it could not be read."""
    result = steps.initialise(job)
    if result is not None and result.status is not ExitStatus.SUCCEEDED:
        return (Remote.NO_BUCKET, b"") if steps.bucket_is_missing(result.diagnostics) else result
    try:
        state = adapter.state_pull(job.root)
    except CommandFailed as failed:
        if steps.bucket_is_missing(failed.result.diagnostics):
            return Remote.NO_BUCKET, b""
        if result is None:  # skipped, and perhaps wrongly
            return _remote_afresh(job)
        return failed.result
    return (Remote.PRESENT if snapshot(state) else Remote.EMPTY), state


def _remote_afresh(job: Job) -> tuple[Remote, bytes] | CommandResult:
    result = steps.initialise(job, force=True)
    if result is not None and result.status is not ExitStatus.SUCCEEDED:
        return (Remote.NO_BUCKET, b"") if steps.bucket_is_missing(result.diagnostics) else result
    return remote_of(adapter.state_pull(job.root))


def remote_of(state: bytes) -> tuple[Remote, bytes]:
    return (Remote.PRESENT if snapshot(state) else Remote.EMPTY), state


def plan(job: Job) -> StackResult:
    """The ordinary plan, or one from the working copy, which says what bootstrapping would make."""
    found = remote(job)
    if isinstance(found, CommandResult):
        return steps.ended(job, found)
    if found[0] is Remote.PRESENT:
        return steps.plan_result(job)
    note = f"{job.stack.name}: its state bucket does not exist yet; apply makes it and moves the state there."
    return in_copy(job, note=note)


def in_copy(job: Job, *, note: str, state: Path | None = None) -> StackResult:
    """A plan that is not kept, of a root whose backend does not exist yet."""
    where = state or local_state(job)
    with working_copy(job, where) as copy:
        if failed := initialise_copy(copy, where):
            return steps.ended(copy, failed)
        return steps.plan_result(copy, keep=False, note=note)


def apply(job: Job, findings: Findings) -> StackResult:
    """Bootstrap if need be, then as any other stack. Converges from wherever a killed run stopped.

    Without the bucket nothing of the environment can be there: it is new.
    """
    found = remote(job)
    if isinstance(found, CommandResult):
        return steps.ended(job, found)
    if found[0] is Remote.PRESENT:
        refused = _settle(job, snapshot(found[1]))
        return refused or steps.apply(job)
    findings.new = found[0] is Remote.NO_BUCKET
    made = _make(job)
    if not made.status.good:
        return made
    if moved := _move_to_bucket(job):
        return steps.ended(job, moved)
    return _verified(job, made)


def _make(job: Job) -> StackResult:
    state = local_state(job)
    with working_copy(job, state) as copy:
        if failed := initialise_copy(copy, state):
            return steps.ended(copy, failed)
        return steps.apply(copy)


def _move_to_bucket(job: Job) -> CommandResult | None:
    """Push the local state to its bucket; the result only if that failed."""
    job.step("move state")
    if (result := steps.initialise(job, force=True)) and result.status is not ExitStatus.SUCCEEDED:
        return result
    pushed = steps.with_lock(job, lambda: adapter.state_push(job.root, local_state(job)))
    return None if pushed.status is ExitStatus.SUCCEEDED else pushed


def _verified(job: Job, made: StackResult) -> StackResult:
    """The remote state holds everything and a plan against it changes nothing; then the local one may go."""
    refused = _settle(job, snapshot(adapter.state_pull(job.root)))
    if refused:
        return refused
    job.step("verify")
    second = steps.plan_result(job, keep=False)
    if not second.status.good:
        return second
    if second.plan is not None and not second.plan.is_empty:
        text = f"{job.stack.name}: after the bootstrap a second plan is not empty: {second.plan.by_kind}."
        return replace(made, status=ExitStatus.FAILED, plan=second.plan, messages=(text,))
    job.say("the state lies in its own bucket now")
    return made


def _settle(job: Job, there: Snapshot | None) -> StackResult | None:
    """Bring a local state that a killed run left together with the remote one; a result if refused."""
    here = _local(job)
    path = local_state(job)
    if here is None:
        path.unlink(missing_ok=True)
        return None
    same = there is not None and here.contents == there.contents
    if there is not None and not same and here.lineage != there.lineage:
        text = (
            f"{job.stack.name}: {path} (lineage {here.lineage}) and the state in the bucket "
            f"(lineage {there.lineage}) have nothing to do with each other: two people have bootstrapped. "
            "Import what only the file knows, then remove it."
        )
        return _refusal(job, text)
    if not same and (there is None or here.serial > there.serial) and (failed := _move_to_bucket(job)):
        return steps.ended(job, failed)
    for leftover in (path, path.with_name(path.name + ".backup")):
        leftover.unlink(missing_ok=True)
    return None


def destroy(job: Job, *, others: Sequence[Job]) -> StackResult:
    """Bring the state home, then destroy. Refused while a state of `others` still holds resources."""
    holding = [other.stack.name for other in others if _holds_resources(other)]
    if holding:
        text = (
            f"{job.stack.name}: the states of {', '.join(holding)} lie in the buckets that this would "
            "destroy, and still hold resources. Destroy those stacks first."
        )
        return _refusal(job, text)
    found = remote(job)
    if isinstance(found, CommandResult):
        return steps.ended(job, found)
    there, here, path = snapshot(found[1]), _local(job), local_state(job)
    if there and here and there.lineage != here.lineage and there.contents != here.contents:
        return _settle(job, there) or _refusal(job, f"{job.stack.name}: two states of one stack.")
    if there and (here is None or there.lineage != here.lineage or there.serial > here.serial):
        _write_private(path, found[1])
    elif there is None and here is None:
        return _refusal(
            job, f"{job.stack.name}: there is no state, nothing to destroy.", ExitStatus.SUCCEEDED
        )
    return _destroy_from(job, path)


def _destroy_from(job: Job, path: Path) -> StackResult:
    with working_copy(job, path) as copy:
        if failed := initialise_copy(copy, path):
            return steps.ended(copy, failed)
        result = steps.apply(copy, destroy=True)
    if result.status is ExitStatus.SUCCEEDED:
        for leftover in (path, path.with_name(path.name + ".backup")):
            leftover.unlink(missing_ok=True)
    return result


def _holds_resources(other: Job) -> bool:
    """Raises CommandFailed when that cannot be known: then nothing is destroyed."""
    found = remote(other)
    if isinstance(found, CommandResult):
        raise CommandFailed(found)
    state = snapshot(found[1])
    return state is not None and state.resources > 0


def _refusal(job: Job, text: str, status: ExitStatus = ExitStatus.FAILED) -> StackResult:
    return StackResult(
        stack=job.stack.name, wave=job.stack.wave, verb=job.verb, status=status, messages=(text,)
    )


def _write_private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_bytes(content)
