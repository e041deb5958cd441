"""What an environment's plans would do, as data that can be kept, sent and merged. No value is a secret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.terraform import losses, plans
from harness.terraform.plans import PlanSummary, ResourceChange
from harness.terraform.secrecy import ValueChange
from harness.terraform.session import RunResult, StackResult

VERSION = 2


@dataclass(frozen=True, kw_only=True)
class StackSummary:
    """`status`: as in ExitStatus. `plan` is None where there is none; `messages` say why."""

    stack: str
    wave: int
    status: str
    good: bool
    plan: PlanSummary | None
    messages: tuple[str, ...] = ()

    @property
    def lost(self) -> tuple[tuple[ResourceChange, str], ...]:
        """The changes that lose data, and what is lost."""
        found = ((each, lost_by(each)) for each in self.changes)
        return tuple((change, what) for change, what in found if what)

    @property
    def changes(self) -> tuple[ResourceChange, ...]:
        return self.plan.by_severity if self.plan else ()


@dataclass(frozen=True, kw_only=True)
class EnvironmentSummary:
    """Stacks in the order of waves. `commit` is empty outside of a git repository."""

    environment: str
    target: str
    commit: str
    stacks: tuple[StackSummary, ...]

    def count(self, kind: str) -> int:
        return sum(change.kind == kind for each in self.stacks for change in each.changes)

    @property
    def lost(self) -> tuple[tuple[str, ResourceChange, str], ...]:
        """Stack, change and what is lost with it, for everything that loses data."""
        return tuple((each.stack, change, what) for each in self.stacks for change, what in each.lost)


def lost_by(change: ResourceChange) -> str | None:
    return losses.lost(change.address, change.kind, change.loses)


def summary_of(result: RunResult, *, commit: str) -> EnvironmentSummary:
    """From a run of `plan`."""
    return EnvironmentSummary(
        environment=result.environment,
        target=result.target,
        commit=commit,
        stacks=tuple(_stack(each) for each in result.results),
    )


def _stack(result: StackResult) -> StackSummary:
    return StackSummary(
        stack=result.stack,
        wave=result.wave,
        status=result.status.value,
        good=result.status.good,
        plan=result.plan,
        messages=result.messages,
    )


def merged(summaries: Sequence[EnvironmentSummary]) -> tuple[EnvironmentSummary, ...]:
    """One summary for each environment, target and commit; of a stack that comes twice, the last."""
    found: dict[tuple[str, str, str], dict[str, StackSummary]] = {}
    for each in summaries:
        stacks = found.setdefault((each.environment, each.target, each.commit), {})
        stacks |= {stack.stack: stack for stack in each.stacks}
    return tuple(
        EnvironmentSummary(
            environment=environment,
            target=target,
            commit=commit,
            stacks=tuple(sorted(stacks.values(), key=lambda stack: (stack.wave, stack.stack))),
        )
        for (environment, target, commit), stacks in found.items()
    )


def as_json(summary: EnvironmentSummary) -> dict[str, Any]:
    """`totals` by kind, `lost` in the words of CONFIRM, and every change of every stack."""
    return {
        "version": VERSION,
        "environment": summary.environment,
        "target": summary.target,
        "commit": summary.commit,
        "totals": {kind: summary.count(kind) for kind in plans.SEVERITY},
        "lost": [
            {"stack": stack, "address": change.address, "what": what} for stack, change, what in summary.lost
        ],
        "stacks": [_stack_as_json(each) for each in summary.stacks],
    }


def _stack_as_json(each: StackSummary) -> dict[str, Any]:
    plan = each.plan
    return {
        "stack": each.stack,
        "wave": each.wave,
        "status": each.status,
        "good": each.good,
        "planned": plan is not None,
        "changes": [_change_as_json(change) for change in each.changes],
        "outputs": list(plan.outputs) if plan else [],
        "imports": list(plan.imports) if plan else [],
        "drifted": list(plan.drifted) if plan else [],
        "messages": list(each.messages),
    }


def _change_as_json(change: ResourceChange) -> dict[str, Any]:
    return {
        "address": change.address,
        "kind": change.kind,
        "because": plans.because(change),
        "forced_by": list(change.forced_by),
        "values": [vars(each) for each in change.values],
        "attributes": list(change.attributes),
        "reason": change.reason,
        "loses": list(change.loses),
    }


def from_json(found: dict[str, Any]) -> EnvironmentSummary:
    """What `as_json` gave. Raises KeyError, TypeError or ValueError for anything else."""
    if found["version"] != VERSION:
        raise ValueError(f"version {found['version']}, this is {VERSION}")
    return EnvironmentSummary(
        environment=str(found["environment"]),
        target=str(found["target"]),
        commit=str(found["commit"]),
        stacks=tuple(_stack_from_json(each) for each in found["stacks"]),
    )


def _stack_from_json(found: dict[str, Any]) -> StackSummary:
    plan = PlanSummary(
        changes=tuple(sorted(map(_change_from_json, found["changes"]), key=lambda each: each.address)),
        drifted=tuple(found["drifted"]),
        outputs=tuple(found["outputs"]),
        imports=tuple(found["imports"]),
    )
    return StackSummary(
        stack=str(found["stack"]),
        wave=int(found["wave"]),
        status=str(found["status"]),
        good=bool(found["good"]),
        plan=plan if found["planned"] else None,
        messages=tuple(found["messages"]),
    )


def _change_from_json(found: dict[str, Any]) -> ResourceChange:
    if found["kind"] not in plans.SEVERITY:
        raise ValueError(f"kind {found['kind']!r}")
    return ResourceChange(
        address=str(found["address"]),
        kind=str(found["kind"]),
        forced_by=tuple(found["forced_by"]),
        values=tuple(ValueChange(**each) for each in found["values"]),
        attributes=tuple(found["attributes"]),
        reason=str(found["reason"]),
        loses=tuple(found["loses"]),
    )
