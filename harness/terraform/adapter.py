"""python-terraform, inside this one module: every Terraform command that we run, and its result as data.

python-terraform 0.10.1 builds the command lines (`generate_cmd_string`); its runner and its verbs are not
used: they have no time limit, no stream and no signal handling; `destroy()` sends a flag that Terraform
dropped in 0.15; `apply` and `plan` write a variable file at every call, where a misspelt name is only a
warning; an unknown attribute becomes a Terraform command; and with `is_env_vars_included=False` the child has
no PATH. So nothing of it leaves this module, no variable goes through it (TF_VAR_* does), and a destroy is a
saved destroy plan.

Apply takes a saved plan only. Outputs and states, which hold secrets, are returned and never logged.
"""

from __future__ import annotations

import enum
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from python_terraform import IsFlagged, Terraform

from harness.terraform import process, running
from harness.terraform.diagnostics import (
    Diagnostic,
    LockInfo,
    cause_of,
    diagnostic_from,
    diagnostics_from_text,
    lock_holder,
)
from harness.terraform.errors import TerraformError
from harness.terraform.events import Changes, EventStream, ResourceEvent
from harness.terraform.stack import StackDirectory


class ExitStatus(enum.Enum):
    """How a command, or a stack, ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    LOCKED = "locked"
    TIMED_OUT = "timed out"
    INTERRUPTED = "interrupted"
    KILLED = "killed"
    INCOMPLETE = "planned with values not known yet"
    REFUSED = "refused"
    NOT_STARTED = "not started"

    @property
    def good(self) -> bool:
        return self in (ExitStatus.SUCCEEDED, ExitStatus.INCOMPLETE)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Seconds a command may take, and what it gets to end when told to."""

    init: float = 300
    plan: float = 900
    apply: float = 3600
    other: float = 180
    grace: float = 60


@dataclass(frozen=True, kw_only=True)
class Root:
    """A Terraform root, where its working files lie, and how its commands are run."""

    path: Path
    directory: StackDirectory
    binary: Path
    environment: Mapping[str, str] = field(repr=False)
    limits: Limits = field(default_factory=Limits)
    interruption: process.Interruption = field(default_factory=process.Interruption)
    lock_timeout: int = 0
    """Seconds that Terraform keeps trying to get the state lock."""
    on_event: Callable[[ResourceEvent], None] = lambda event: None


@dataclass(frozen=True, kw_only=True)
class CommandResult:
    """One command: how it ended, what it planned and did, what it complained of. `seconds` is wall time,
    `imports` are addresses of a plan."""

    command: str
    status: ExitStatus
    exit_code: int
    seconds: float
    log: Path
    planned: Changes = field(default_factory=Changes)
    completed: Changes = field(default_factory=Changes)
    changed_outputs: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    lock: LockInfo | None = None

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(diagnostic for diagnostic in self.diagnostics if diagnostic.is_error)


class CommandFailed(TerraformError):
    """A command without which nothing can go on (show, output, state) failed."""

    def __init__(self, result: CommandResult) -> None:
        self.result = result
        first = next(iter(result.errors), None)
        if first and (cause := cause_of(first)):
            super().__init__(cause.text)
            return
        said = f"{first.summary} {' '.join(first.detail.split())}".strip() if first else "it said nothing"
        super().__init__(
            f"terraform {result.command} ended with {result.exit_code}: {said.rstrip('.')}. "
            f"Log: {os.path.relpath(result.log)}"
        )


def command_line(binary: Path, command: str, *arguments: str, **options: Any) -> tuple[str, ...]:
    """As python-terraform builds it: `_` in an option becomes `-`, None leaves it out, a list repeats it."""
    # It reads the state file of its working directory when it is made: give it one that has none.
    builder = Terraform(working_dir=os.devnull, terraform_bin_path=str(binary))
    return tuple(str(part) for part in builder.generate_cmd_string(command, *arguments, **options))


def init(
    root: Root, *, backend_config: Mapping[str, str] | None = None, backend: bool = True
) -> CommandResult:
    """Providers come from the lock file as they are (`-lockfile=readonly`) where one is committed.

    `backend=False` leaves the state alone: enough to validate, and needs no bucket.
    """
    locked = "readonly" if (root.path / ".terraform.lock.hcl").is_file() else None
    return _stream(
        root,
        "init",
        root.limits.init,
        json=IsFlagged,
        input=False,
        reconfigure=IsFlagged if backend else None,
        backend=None if backend else False,
        lockfile=locked,
        backend_config=dict(backend_config) if backend_config else None,
    )


def validate(root: Root) -> CommandResult:
    """Diagnostics come from `validate -json`; the root must be initialised."""
    result, output = _capture(root, "validate", json=IsFlagged)
    try:
        found = json.loads(output)["diagnostics"]
    except (ValueError, KeyError, TypeError):
        return result
    return replace(result, diagnostics=tuple(diagnostic_from(each) for each in found))


def plan(root: Root, *, out: Path, destroy: bool = False, refresh: bool = True) -> CommandResult:
    """A saved plan in `out`, readable by its owner alone. `planned`, `changed_outputs`: what it would do.

    `-detailed-exitcode`: 0 for nothing to do, 2 for a plan with changes; both are success.
    """
    result = _stream(
        root,
        "plan",
        root.limits.plan,
        json=IsFlagged,
        input=False,
        out=str(out),
        detailed_exitcode=IsFlagged,
        lock_timeout=f"{root.lock_timeout}s",
        destroy=IsFlagged if destroy else None,
        refresh=None if refresh else False,
    )
    if out.is_file():
        out.chmod(0o600)
    return result


def apply(root: Root, *, plan_file: Path, verb: str = "apply") -> CommandResult:
    """Apply a saved plan, and nothing but that. `completed` says what was done, also when it failed."""
    return _stream(
        root,
        "apply",
        root.limits.apply,
        str(plan_file),
        verb=verb,
        json=IsFlagged,
        input=False,
        lock_timeout=f"{root.lock_timeout}s",
    )


def show(root: Root, plan_file: Path) -> dict[str, Any]:
    """A saved plan as Terraform's JSON; it holds secrets. Raises CommandFailed."""
    return _json(root, "show", str(plan_file), json=IsFlagged)


def output(root: Root) -> dict[str, Any]:
    """Every output by name: `{"value": ..., "sensitive": ..., "type": ...}`. Raises CommandFailed."""
    return _json(root, "output", json=IsFlagged)


def state_pull(root: Root) -> bytes:
    """The state as it is, empty when there is none. Raises CommandFailed."""
    result, text = _capture(root, "state pull")
    if result.status is not ExitStatus.SUCCEEDED:
        raise CommandFailed(result)
    return text.strip()


def state_push(root: Root, state: Path) -> CommandResult:
    """Terraform itself refuses a state of another lineage and one that is older than what is there."""
    return _capture(root, "state push", str(state), lock_timeout=f"{root.lock_timeout}s")[0]


def state_list(root: Root) -> tuple[str, ...]:
    """Addresses in the state. Raises CommandFailed, but not where there is no state yet."""
    result, text = _capture(root, "state list")
    if result.status is not ExitStatus.SUCCEEDED:
        if any("No state file was found" in diagnostic.text for diagnostic in result.errors):
            return ()
        raise CommandFailed(result)
    return tuple(text.decode().split())


def force_unlock(root: Root, lock_id: str) -> CommandResult:
    return _capture(root, "force-unlock", lock_id, force=IsFlagged)[0]


def _json(root: Root, command: str, *arguments: str, **options: Any) -> dict[str, Any]:
    result, text = _capture(root, command, *arguments, **options)
    if result.status is not ExitStatus.SUCCEEDED:
        raise CommandFailed(result)
    found: dict[str, Any] = json.loads(text or b"{}")
    return found


def _stream(
    root: Root, command: str, limit: float, *arguments: str, verb: str | None = None, **options: Any
) -> CommandResult:
    """Run with -json: events are read while the log grows."""
    log = root.directory.log(verb or command)
    stream = EventStream()

    def take(line: str) -> None:
        before = stream.past_lock
        event = stream.take(line)
        if stream.past_lock and not before:
            running.note_locked(root.directory)
        if event is not None:
            root.on_event(event)

    ended = _run(root, command, limit, log, command_line(root.binary, command, *arguments, **options), take)
    diagnostics = tuple(dict.fromkeys(stream.diagnostics))
    failed = ended.exit_code != 0 and not (command == "plan" and ended.exit_code == 2)
    if failed and not any(each.is_error for each in diagnostics):
        diagnostics += _last_words(log)
    return CommandResult(
        command=command,
        status=_status(ended, diagnostics) if failed else ExitStatus.SUCCEEDED,
        exit_code=ended.exit_code,
        seconds=ended.seconds,
        log=log,
        changed_outputs=tuple(sorted(stream.changed_outputs)),
        imports=tuple(sorted(stream.imports)),
        planned=stream.planned_changes,
        completed=stream.completed_changes,
        diagnostics=diagnostics,
        lock=lock_holder(diagnostics),
    )


def _capture(root: Root, command: str, *arguments: str, **options: Any) -> tuple[CommandResult, bytes]:
    """Run a command whose answer is data: stdout is returned, stderr is its log."""
    log = root.directory.log(command.replace(" ", "-"))
    line = command_line(root.binary, command, *arguments, **options)
    said: list[str] = []
    ended = _run(root, command, root.limits.other, log, line, said.append, capture=True)
    text = "\n".join(said) if ended.exit_code != 0 else ""
    diagnostics = diagnostics_from_text(
        text or (ended.output.decode("utf-8", "replace") if _told(ended) else "")
    )
    result = CommandResult(
        command=command,
        status=_status(ended, diagnostics),
        exit_code=ended.exit_code,
        seconds=ended.seconds,
        log=log,
        diagnostics=diagnostics,
        lock=lock_holder(diagnostics),
    )
    return result, ended.output


def _told(ended: process.Ended) -> bool:
    """`import` and a few others report their errors on stdout."""
    return ended.exit_code != 0 and ended.output.lstrip()[:1] not in (b"{", b"[")


def _run(
    root: Root,
    command: str,
    limit: float,
    log: Path,
    line: tuple[str, ...],
    on_line: Callable[[str], None],
    *,
    capture: bool = False,
) -> process.Ended:
    root.directory.make()
    _begin_log(log, line)
    if root.interruption.count:
        return process.Ended(exit_code=130, seconds=0.0, interrupted=True)
    try:
        ended = process.run(
            line,
            cwd=root.path,
            environment=root.environment,
            log=log,
            patience=process.Patience(limit=limit, grace=root.limits.grace),
            interruption=root.interruption,
            on_start=lambda pid: running.begin(root.directory, command, pid, lock_timeout=root.lock_timeout),
            on_line=on_line,
            capture=capture,
        )
    except OSError as error:
        raise TerraformError(f"{line[0]} cannot be started in {root.path}: {error}.") from error
    # What was killed leaves its record, by which its lock is told from a held one; so does an apply that was
    # stopped, by which what its calls made is looked for. A destroy's are of what the state knows.
    applies = log == root.directory.log("apply")
    cut_off = applies and ended.exit_code > 0 and (ended.interrupted or ended.timed_out)
    if ended.exit_code >= 0 and not cut_off:
        running.end(root.directory)
    return ended


def _begin_log(log: Path, line: tuple[str, ...]) -> None:
    """The log of the time before is kept once: it says what was under way when a run was killed."""
    if log.exists():
        os.replace(log, log.with_suffix(".previous.log"))
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"# {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {' '.join(line)}\n")


def _status(ended: process.Ended, diagnostics: tuple[Diagnostic, ...]) -> ExitStatus:
    if ended.exit_code == 0:
        return ExitStatus.SUCCEEDED
    if ended.timed_out:
        return ExitStatus.TIMED_OUT
    if ended.interrupted:
        return ExitStatus.INTERRUPTED
    if ended.exit_code < 0:
        return ExitStatus.KILLED
    return ExitStatus.LOCKED if lock_holder(diagnostics) else ExitStatus.FAILED


def _last_words(log: Path) -> tuple[Diagnostic, ...]:
    """A crash, or an error from before Terraform spoke JSON: the end of the log is all there is."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        tail = file.read().decode("utf-8", "replace").splitlines()
    lines = [line for line in tail if line.strip() and not line.startswith(("{", "# "))]
    return diagnostics_from_text("\n".join(lines[-20:]))
