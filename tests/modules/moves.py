"""The `moved` blocks of modules, and what an applied state looked like before them."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tftest

from harness.terraform import plans
from tests.modules.module_source import moved

_FORMER = re.compile(r"^(?P<type>aws_\w+)\.(?P<name>\w+)(?:\[(?P<key>[^\]]+)\])?$")


def before_moves(state: Mapping[str, Any], calls: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """A state as it was before the modules' `moved` blocks, and present address -> former address.

    `calls`: `<tier>/<module>` by label of the root's calls. Only moves out of a module's own resources into a
    module that it calls are undone; a block that moves anything else raises ValueError.
    """
    former = copy.deepcopy(dict(state))
    addresses = {}
    for resource in former["resources"]:
        label, _, within = resource.get("module", "").removeprefix("module.").partition(".")
        own = f"{resource['type']}.{resource['name']}"
        origin = moved(calls[label]).get(f"{within}.{own}") if label in calls else None
        if origin is None or resource["mode"] != "managed":
            continue
        parts = _FORMER.match(origin)
        if parts is None:
            raise ValueError(f"{calls[label]} moves {origin}: only resources of the module itself are undone")
        for instance in resource["instances"]:
            present = f"{resource['module']}.{own}{_index(instance)}"
            if parts["key"] is not None:
                instance["index_key"] = json.loads(parts["key"])
            addresses[present] = f"module.{label}.{parts['type']}.{parts['name']}{_index(instance)}"
        resource |= {"module": f"module.{label}", "type": parts["type"], "name": parts["name"]}
    return former, addresses


def assert_only_moves(applied: tftest.TerraformTest) -> None:
    """Plan an applied root as if it had been applied before the moves: nothing but addresses may change."""
    root = Path(applied.tfdir)
    state = root / "terraform.tfstate"
    present = state.read_text(encoding="utf-8")
    calls = json.loads((root / "main.tf.json").read_text(encoding="utf-8"))["module"]
    modules = {label: "/".join(Path(call["source"]).parts[-2:]) for label, call in calls.items()}
    former, addresses = before_moves(json.loads(present), modules)
    assert addresses
    state.write_text(json.dumps(former), encoding="utf-8")
    try:
        changes = applied.plan(output=True).resource_changes
    finally:
        state.write_text(present, encoding="utf-8")
    assert {
        address: plans.changed_attributes(change["change"])
        for address, change in changes.items()
        if change["change"]["actions"] not in (["no-op"], ["read"])
    } == {}
    assert addresses == {
        address: change["previous_address"]
        for address, change in changes.items()
        if "previous_address" in change
    }


def _index(instance: Mapping[str, Any]) -> str:
    return f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
