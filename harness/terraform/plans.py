"""What a saved plan would do, without a single value that could be a secret.

Source of the format: developer.hashicorp.com, Terraform internals, JSON Output Format (format_version 1.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

from harness.terraform.events import Changes

_MARKS = {"create": "+", "update": "~", "replace": "±", "destroy": "-"}
_COLOURS = {"create": "green", "update": "yellow", "replace": "magenta", "destroy": "red"}


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """`kind`: create, update, replace or destroy. `forced_by`: attributes that force the replacement.
    `attributes`: names, never values, of the top-level attributes that an update changes."""

    address: str
    kind: str
    forced_by: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class PlanSummary:
    """`drifted`: addresses changed outside of Terraform. `outputs`: names of outputs that change."""

    changes: tuple[ResourceChange, ...] = ()
    drifted: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    applicable: bool = True

    @property
    def is_empty(self) -> bool:
        """Nothing to change in any resource or output: what a second plan has to be."""
        return not self.changes and not self.outputs

    @property
    def by_kind(self) -> Changes:
        return Changes(**{kind: tuple(c.address for c in self.changes if c.kind == kind) for kind in _MARKS})


def summary(plan: Mapping[str, Any]) -> PlanSummary:
    """From `terraform show -json <plan>`."""
    found = (_change(each) for each in plan.get("resource_changes") or ())
    outputs = plan.get("output_changes") or {}
    return PlanSummary(
        changes=tuple(sorted((each for each in found if each), key=lambda each: each.address)),
        drifted=tuple(sorted(str(each["address"]) for each in plan.get("resource_drift") or ())),
        outputs=tuple(sorted(name for name, each in outputs.items() if each.get("actions") != ["no-op"])),
        applicable=bool(plan.get("applyable", True)),
    )


def summary_of_events(planned: Changes, outputs: Iterable[str]) -> PlanSummary:
    """From what a plan streams: enough while nothing is updated or replaced, and no second provider start."""
    changes = (
        ResourceChange(address=address, kind=kind) for kind in _MARKS for address in getattr(planned, kind)
    )
    return PlanSummary(
        changes=tuple(sorted(changes, key=lambda each: each.address)), outputs=tuple(sorted(outputs))
    )


def _change(found: Mapping[str, Any]) -> ResourceChange | None:
    change = found.get("change") or {}
    kind = kind_of(change.get("actions") or ())
    if kind is None or found.get("mode") == "data":
        return None
    return ResourceChange(
        address=str(found["address"]),
        kind=kind,
        forced_by=tuple(sorted(path_text(path) for path in change.get("replace_paths") or ())),
        attributes=_changed(change) if kind == "update" else (),
        reason=str(found.get("action_reason") or ""),
    )


def kind_of(actions: Sequence[str]) -> str | None:
    """`["delete", "create"]` and its reverse replace; `no-op`, `read`, `forget` change nothing there."""
    if set(actions) == {"create", "delete"}:
        return "replace"
    return {"create": "create", "update": "update", "delete": "destroy"}.get("".join(actions))


def path_text(path: Iterable[object]) -> str:
    """`["attribute", 0, "name"]` -> `attribute[0].name`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else (f".{step}" if text else str(step))
    return text


def _changed(change: Mapping[str, Any]) -> tuple[str, ...]:
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown") or {}
    names = set(before) | set(after) | set(unknown)
    return tuple(sorted(name for name in names if unknown.get(name) or before.get(name) != after.get(name)))


def table(summaries: Mapping[str, PlanSummary], *, limit: int = 200) -> Table:
    """One row per change, grouped by stack, in the order given."""
    rendered = Table("stack", "", "resource", "because", box=None, pad_edge=False, expand=False)
    for stack, plan in summaries.items():
        if plan.is_empty:
            rendered.add_row(stack, "", "[dim]no changes[/dim]", "")
        for number, change in enumerate(plan.changes[:limit]):
            colour = _COLOURS[change.kind]
            rendered.add_row(
                stack if number == 0 else "",
                f"[{colour}]{_MARKS[change.kind]}[/{colour}]",
                _plain(change.address),
                _plain(because(change)),
            )
        if len(plan.changes) > limit:
            rendered.add_row("", "", f"[dim]and {len(plan.changes) - limit} more[/dim]", "")
        if not plan.changes and plan.outputs:
            rendered.add_row(stack, "~", "outputs", ", ".join(plan.outputs))
    return rendered


def because(change: ResourceChange) -> str:
    if change.forced_by:
        return f"replaced because of {', '.join(change.forced_by)}"
    if change.kind == "replace" or (change.kind == "destroy" and change.reason):
        return change.reason.replace("_", " ")
    return ", ".join(change.attributes)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
