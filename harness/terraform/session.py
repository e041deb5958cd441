"""What every stack of a run shares, what one stack is worked on with, and what comes out of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.terminal import FAILED, GOOD, INTERRUPTED, REFUSED
from harness.terraform import installation
from harness.terraform.adapter import ExitStatus, Limits, Root
from harness.terraform.diagnostics import Diagnostic, message
from harness.terraform.events import Changes, ResourceEvent
from harness.terraform.plans import PlanSummary
from harness.terraform.process import Interruption
from harness.terraform.progress_events import Observer, ResourceProgress, Said, StepStarted
from harness.terraform.running import Record
from harness.terraform.stack import StackDirectory, StackRun, Target, UpstreamInput
from harness.terraform.upstream import PassedOn

Review = Callable[[StackRun, PlanSummary], bool]


@dataclass(frozen=True, kw_only=True)
class Session:
    """One run over an environment. `review` is asked before a saved plan is applied; no ends it, and so
    does NotConfirmed, which says why."""

    environment: str
    target: Target
    binary: Path
    cli_config: Path
    work: Path = installation.WORK
    limits: Limits = field(default_factory=Limits)
    lock_timeout: int = 0
    workers: int | None = None
    interruption: Interruption = field(default_factory=Interruption)
    observe: Observer = lambda event: None
    review: Review | None = None
    documents: bool = False
    """Whether results carry their plans as Terraform's JSON; each costs a provider start (two seconds)."""
    orphan_wait: float = 60
    """Seconds that a Terraform whose runner was killed gets to end before a run gives up."""
    ambient: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    def directory(self, stack: str) -> StackDirectory:
        return StackDirectory.of(self.work, self.target, self.environment, stack)

    def root(
        self,
        stack: StackRun,
        *,
        variables: Mapping[str, str] | None = None,
        path: Path | None = None,
        directory: StackDirectory | None = None,
    ) -> Root:
        """The stack's own root, or another `path` and `directory` that stand for it (a working copy)."""
        lies = directory or self.directory(stack.name)
        environment = installation.terraform_environment(
            target=self.target.variables,
            data_dir=lies.path,
            cli_config=self.cli_config,
            variables=variables,
            ambient=self.ambient,
        )

        def tell(event: ResourceEvent) -> None:
            self.observe(ResourceProgress(stack=stack.name, event=event))

        return Root(
            path=(path or stack.root).absolute(),
            directory=lies,
            binary=self.binary,
            environment=environment,
            limits=self.limits,
            interruption=self.interruption,
            lock_timeout=self.lock_timeout,
            on_event=tell,
        )


def open_session(environment: str, target: Target, **options: Any) -> Session:
    """A session with the Terraform and the provider of this machine. `options` are fields of Session.

    Raises TerraformUnavailable.
    """
    work = Path(options.get("work", installation.WORK))
    options.setdefault("binary", installation.terraform_binary(directory=work / "bin"))
    options.setdefault("cli_config", installation.cli_configuration(work))
    return Session(environment=environment, target=target, **options)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One stack under work: claimed, its inputs resolved. `killed`: the run that was killed here, if any."""

    session: Session
    stack: StackRun
    root: Root
    verb: str
    killed: Record | None = None
    unknown: tuple[UpstreamInput, ...] = ()

    def say(self, text: str) -> None:
        self.session.observe(Said(stack=self.stack.name, text=text))

    def step(self, step: str) -> None:
        self.session.observe(StepStarted(stack=self.stack.name, step=step))

    def standing_in(self, path: Path, directory: StackDirectory, variables: Mapping[str, str]) -> Job:
        """The same stack in a working copy."""
        root = self.session.root(self.stack, variables=variables, path=path, directory=directory)
        return replace(self, root=root)


@dataclass(frozen=True, kw_only=True)
class StackResult:
    """How one stack ended. `messages` are whole: what, where, value, fix. `unknown`: inputs not known yet."""

    stack: str
    wave: int
    verb: str
    status: ExitStatus
    seconds: float = 0.0
    log: Path | None = None
    planned: Changes = field(default_factory=Changes)
    completed: Changes = field(default_factory=Changes)
    plan: PlanSummary | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    messages: tuple[str, ...] = ()
    unknown: tuple[UpstreamInput, ...] = ()
    plan_file: Path | None = None
    """The saved plan, where it may be applied."""
    inputs: tuple[PassedOn, ...] = ()
    document: Mapping[str, Any] | None = field(default=None, repr=False)
    """The plan as `terraform show -json` gives it, secrets included; where the session asks for documents."""


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """Results in the order of waves. `exit_code`: 0 all succeeded, 1 a stack failed, 2 one was refused and
    none failed, 130 interrupted."""

    verb: str
    environment: str
    target: str
    seconds: float
    results: tuple[StackResult, ...]

    @property
    def succeeded(self) -> bool:
        return all(result.status.good for result in self.results)

    @property
    def exit_code(self) -> int:
        if any(result.status is ExitStatus.INTERRUPTED for result in self.results):
            return INTERRUPTED
        if self.succeeded:
            return GOOD
        bad = {result.status for result in self.results if not result.status.good}
        return REFUSED if bad <= {ExitStatus.REFUSED, ExitStatus.NOT_STARTED} else FAILED

    def of(self, stack: str) -> StackResult:
        return next(result for result in self.results if result.stack == stack)


def error_messages(stack: str, diagnostics: tuple[Diagnostic, ...], root: Path) -> tuple[str, ...]:
    return tuple(message(stack, each, root=root) for each in diagnostics if each.is_error)
