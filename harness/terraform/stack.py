"""What is run: a stack's root, what it needs from upstream, the target, and where its working files lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class UpstreamInput:
    """A variable of this stack that takes its value from an output of a stack in an earlier wave."""

    variable: str
    stack: str
    output: str


@dataclass(frozen=True, kw_only=True)
class StackRun:
    """One Terraform root with one state. `bootstrap`: the stack that makes the bucket of its own state.

    Stacks of one `wave` need nothing of each other; a change to what is there already goes by `turn` in it.
    """

    name: str
    wave: int
    root: Path
    turn: int = 0
    inputs: tuple[UpstreamInput, ...] = ()
    bootstrap: bool = False


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where the stacks are applied: `aws`, or a sandbox. `variables` are the AWS_* of its processes."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class StackDirectory:
    """`.antipode/<target>/<environment>/<stack>/`: Terraform's data directory, our logs and plans."""

    path: Path

    @classmethod
    def of(cls, work: Path, target: Target, environment: str, stack: str) -> StackDirectory:
        return cls(work.absolute() / target.name / environment / stack)

    @property
    def plan_file(self) -> Path:
        return self.path / "stack.tfplan"

    @property
    def running(self) -> Path:
        """Who works here, as JSON; outlives a kill, so that a stale lock can be told from a held one."""
        return self.path / "running.json"

    @property
    def killed(self) -> Path:
        """The record of a run that was killed, until a later one has put things right."""
        return self.path / "killed.json"

    @property
    def claim(self) -> Path:
        return self.path / "claim"

    @property
    def initialised(self) -> Path:
        """Digest of what `init` depended on when it last succeeded."""
        return self.path / "initialised"

    def log(self, verb: str) -> Path:
        return self.path / f"{verb}.log"

    def make(self) -> None:
        """Plans and states hold secrets: nobody else may read here."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
