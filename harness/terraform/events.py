"""Terraform's `-json` event stream: what is planned, what is under way, what was done.

Source of the format: developer.hashicorp.com, Terraform internals, Machine-Readable UI (version 1.2).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.terraform.diagnostics import Diagnostic, diagnostic_from

_KINDS = {"create": "create", "update": "update", "replace": "replace", "delete": "destroy"}
_CUT_OFF = "context canceled"
"""What Go, and so every provider, says of a call that was given up because Terraform was told to stop."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Resource addresses by what is planned for them, or was done to them."""

    create: tuple[str, ...] = ()
    update: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    destroy: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        return len(self.create) + len(self.update) + len(self.replace) + len(self.destroy)

    def __str__(self) -> str:
        counts = ("create", "update", "replace", "destroy")
        return ", ".join(
            f"{len(getattr(self, kind))} to {kind}" for kind in counts if getattr(self, kind)
        ) or ("no changes")


@dataclass(frozen=True, kw_only=True)
class ResourceEvent:
    """One resource started, ended or failed to change. `action`: create, update, delete, read."""

    address: str
    action: str
    phase: str  # "start" | "complete" | "errored"
    seconds: float = 0.0


@dataclass
class EventStream:
    """Takes lines one by one and keeps what they say; lines that are not events are counted, not refused."""

    diagnostics: list[Diagnostic] = field(default_factory=list)
    planned: dict[str, str] = field(default_factory=dict)
    completed: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    """Of what was completed: the id that the provider gave it."""
    under_way: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """Address -> action, like `under_way`."""
    outputs: dict[str, Any] = field(default_factory=dict)
    changed_outputs: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    """Addresses that a plan imports, changed by it or not."""
    noise: int = 0
    past_lock: bool = False
    """True once anything was read that comes after Terraform took its lock."""

    def take(self, line: str) -> ResourceEvent | None:
        """The resource event that the line is, if it is one."""
        event = _object(line)
        if event is None:
            self.noise += bool(line.strip())
            return None
        kind = str(event.get("type", ""))
        if kind == "diagnostic" and isinstance(found := event.get("diagnostic"), Mapping):
            self.diagnostics.append(diagnostic_from(found))
        elif kind == "planned_change":
            self.past_lock = True
            self._take_planned(event)
        elif kind == "outputs":
            self._take_outputs(event)
        elif kind.startswith(("apply_", "refresh_", "ephemeral_op_")):
            self.past_lock = True
            return self._take_hook(kind, event)
        return None

    def _take_planned(self, event: Mapping[str, Any]) -> None:
        change = _mapping(event, "change")
        kind = _KINDS.get(str(change.get("action")))
        if kind:
            self.planned[_address(change)] = kind
        if change.get("importing"):
            self.imports.add(_address(change))

    def _take_outputs(self, event: Mapping[str, Any]) -> None:
        for name, output in _mapping(event, "outputs").items():
            if not isinstance(output, Mapping):
                continue
            if output.get("action", "noop") != "noop":
                self.changed_outputs.add(name)
            if "value" in output and not output.get("sensitive"):
                self.outputs[name] = output["value"]

    def _take_hook(self, kind: str, event: Mapping[str, Any]) -> ResourceEvent | None:
        hook = _mapping(event, "hook")
        address, action = _address(hook), str(hook.get("action", ""))
        phase = kind.removeprefix("apply_")
        if not kind.startswith("apply_") or phase not in ("start", "complete", "errored"):
            return None
        if phase == "start":
            self.under_way[address] = action
        else:
            self.under_way.pop(address, None)
        if phase == "complete" and (done := _KINDS.get(action)):
            replaced = self.completed.get(address) not in (None, done)
            self.completed[address] = "replace" if replaced else done
            self.ids[address] = str(hook.get("id_value") or "")
        if phase == "errored":
            self.failed[address] = action
        return ResourceEvent(
            address=address, action=action, phase=phase, seconds=float(hook.get("elapsed_seconds") or 0)
        )

    @property
    def unsettled(self) -> dict[str, str]:
        """Address -> action of what may or may not have been done: under way when the stream ended, or its
        call cut off by an interruption, which the provider reports as an error of the resource."""
        cut_off = {each.address for each in self.diagnostics if each.is_error and _CUT_OFF in each.text}
        return self.under_way | {address: did for address, did in self.failed.items() if address in cut_off}

    @property
    def planned_changes(self) -> Changes:
        return _changes(self.planned)

    @property
    def completed_changes(self) -> Changes:
        return _changes(self.completed)


def _changes(kinds: Mapping[str, str]) -> Changes:
    of = {kind: tuple(sorted(a for a, k in kinds.items() if k == kind)) for kind in set(_KINDS.values())}
    return Changes(**of)


def _object(line: str) -> Mapping[str, Any] | None:
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "@level" in event else None


def _mapping(event: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = event.get(key)
    return found if isinstance(found, Mapping) else {}


def _address(holder: Mapping[str, Any]) -> str:
    return str(_mapping(holder, "resource").get("addr", "?"))
