"""What a saved plan would do, without a single value that could be a secret.

Source of the format: developer.hashicorp.com, Terraform internals, JSON Output Format (format_version 1.2).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.markup import escape
from rich.table import Table

from harness.terraform import losses, secrecy
from harness.terraform.events import Changes
from harness.terraform.secrecy import ValueChange

MARKS = {"create": "+", "update": "~", "replace": "±", "destroy": "-"}
SEVERITY = ("destroy", "replace", "update", "create")
_COLOURS = {"create": "green", "update": "yellow", "replace": "red", "destroy": "red"}


@dataclass(frozen=True, kw_only=True)
class ResourceChange:
    """`kind`: create, update, replace or destroy. `forced_by`: attributes that force the replacement.
    `values`: from what to what these go. `attributes`: names, never values, of the top-level attributes that
    an update changes. `loses`: copies of data that an update takes away, `replica in us-west-2`."""

    address: str
    kind: str
    forced_by: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    reason: str = ""
    values: tuple[ValueChange, ...] = ()
    loses: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PlanSummary:
    """`drifted`: addresses changed outside of Terraform. `outputs`: names of outputs that change. `imports`:
    addresses that come into the state as they are, or with the change that is planned for them."""

    changes: tuple[ResourceChange, ...] = ()
    drifted: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    applicable: bool = True

    @property
    def is_empty(self) -> bool:
        """Nothing to change in any resource, output or state: what a second plan has to be."""
        return not (self.changes or self.outputs or self.imports)

    @property
    def by_kind(self) -> Changes:
        return Changes(**{kind: tuple(c.address for c in self.changes if c.kind == kind) for kind in MARKS})

    @property
    def by_severity(self) -> tuple[ResourceChange, ...]:
        """What is destroyed or replaced first."""
        return tuple(sorted(self.changes, key=lambda each: (SEVERITY.index(each.kind), each.address)))


def summary(plan: Mapping[str, Any]) -> PlanSummary:
    """From `terraform show -json <plan>`."""
    resources = plan.get("resource_changes") or ()
    found = (_change(each) for each in resources)
    imports = (str(each["address"]) for each in resources if (each.get("change") or {}).get("importing"))
    outputs = plan.get("output_changes") or {}
    return PlanSummary(
        changes=tuple(sorted((each for each in found if each), key=lambda each: each.address)),
        drifted=tuple(sorted(str(each["address"]) for each in plan.get("resource_drift") or ())),
        outputs=tuple(sorted(name for name, each in outputs.items() if each.get("actions") != ["no-op"])),
        imports=tuple(sorted(imports)),
        applicable=bool(plan.get("applyable", True)),
    )


def summary_of_events(planned: Changes, outputs: Iterable[str], imports: Iterable[str] = ()) -> PlanSummary:
    """From what a plan streams: enough while nothing is updated or replaced, and no second provider start."""
    changes = (
        ResourceChange(address=address, kind=kind) for kind in MARKS for address in getattr(planned, kind)
    )
    return PlanSummary(
        changes=tuple(sorted(changes, key=lambda each: each.address)),
        outputs=tuple(sorted(outputs)),
        imports=tuple(sorted(imports)),
    )


def _change(found: Mapping[str, Any]) -> ResourceChange | None:
    change = found.get("change") or {}
    kind = kind_of(change.get("actions") or ())
    if kind is None or found.get("mode") == "data":
        return None
    address = str(found["address"])
    forced = secrecy.value_changes(change, change.get("replace_paths") or (), losses.type_of(address))
    return ResourceChange(
        address=address,
        kind=kind,
        forced_by=tuple(dict.fromkeys(each.path for each in forced)),
        attributes=changed_attributes(change) if kind == "update" else (),
        reason=str(found.get("action_reason") or ""),
        values=tuple(each for each in forced if (each.before, each.after) != (None, None)),
        loses=losses.lost_copies(address, change) if kind == "update" else (),
    )


def kind_of(actions: Sequence[str]) -> str | None:
    """`["delete", "create"]` and its reverse replace; `no-op`, `read`, `forget` change nothing there."""
    if set(actions) == {"create", "delete"}:
        return "replace"
    return {"create": "create", "update": "update", "delete": "destroy"}.get("".join(actions))


def changed_attributes(change: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the top-level attributes that differ, or will be known only when it is done."""
    before, after = change.get("before") or {}, change.get("after") or {}
    unknown = change.get("after_unknown") or {}
    names = set(before) | set(after) | set(unknown)
    return tuple(sorted(name for name in names if unknown.get(name) or before.get(name) != after.get(name)))


def table(summaries: Mapping[str, PlanSummary], *, limit: int = 200) -> Table:
    """One row per change, grouped by stack in the order given; what is destroyed or replaced first, and
    never among those that `limit` leaves out."""
    rendered = Table("stack", "", "resource", "because", box=None, pad_edge=False, expand=False)
    for stack, plan in summaries.items():
        if plan.is_empty:
            rendered.add_row(stack, "", "[dim]no changes[/dim]", "")
        severe = sum(each.kind in ("destroy", "replace") for each in plan.changes)
        shown = plan.by_severity[: max(limit, severe)]
        for number, change in enumerate(shown):
            rendered.add_row(stack if number == 0 else "", *_cells(change))
        if len(plan.changes) > len(shown):
            rendered.add_row("", "", f"[dim]and {len(plan.changes) - len(shown)} more[/dim]", "")
        if not plan.changes and plan.outputs:
            rendered.add_row(stack, "~", "outputs", ", ".join(plan.outputs))
        if plan.imports:
            there = escape(", ".join(plan.imports))
            rendered.add_row("" if plan.changes or plan.outputs else stack, "", there, "imported")
    return rendered


def _cells(change: ResourceChange) -> tuple[str, str, str]:
    colour = "red" if change.loses else _COLOURS[change.kind]
    address, why = escape(change.address), escape(because(change))
    if colour == "red":
        address, why = f"[red]{address}[/red]", f"[red]{why}[/red]"
    return f"[{colour}]{MARKS[change.kind]}[/{colour}]", address, why


def because(change: ResourceChange) -> str:
    """Why, with the attribute that forces it and both of its values where they may be seen."""
    if change.forced_by:
        known = {each.path: each for each in change.values}
        parts = [str(known.get(path, path)) for path in change.forced_by]
        return f"replaced because of {', '.join(parts)}"
    if change.kind == "replace" or (change.kind == "destroy" and change.reason):
        return change.reason.replace("_", " ")
    return ", ".join((*(f"loses {each}" for each in change.loses), *change.attributes))
