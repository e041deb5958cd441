"""What a run tells while it runs: data, rendered by `progress.py` or written as JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.terraform.adapter import ExitStatus
from harness.terraform.events import Changes, ResourceEvent


@dataclass(frozen=True, kw_only=True)
class RunStarted:
    """`stacks`: name and wave, in the order of waves."""

    verb: str
    environment: str
    target: str
    stacks: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class StackStarted:
    stack: str


@dataclass(frozen=True, kw_only=True)
class StepStarted:
    """`step`: init, plan, apply, destroy, and what a bootstrap does besides."""

    stack: str
    step: str


@dataclass(frozen=True, kw_only=True)
class ResourceProgress:
    stack: str
    event: ResourceEvent


@dataclass(frozen=True, kw_only=True)
class StackPlanned:
    stack: str
    changes: Changes


@dataclass(frozen=True, kw_only=True)
class Said:
    """Something that the operator should read: a lock released, a state recovered."""

    stack: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Asking:
    """A question is put to whoever sits at the terminal; `over` when it has been answered."""

    stack: str
    over: bool


@dataclass(frozen=True, kw_only=True)
class StackEnded:
    """`changes`: done by an apply, planned by a plan."""

    stack: str
    status: ExitStatus
    seconds: float
    changes: Changes
    message: str = ""


@dataclass(frozen=True, kw_only=True)
class RunEnded:
    seconds: float
    succeeded: bool


ProgressEvent = (
    RunStarted
    | StackStarted
    | StepStarted
    | ResourceProgress
    | StackPlanned
    | Said
    | Asking
    | StackEnded
    | RunEnded
)
Observer = Callable[[ProgressEvent], None]
