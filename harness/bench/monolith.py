"""The way most estates are written: one root, one state, every region's provider in it. For comparison only.

It holds exactly the module calls of the environment's stacks, so that what differs is the layout alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from generator import roots
from generator.manifest import Manifest
from generator.naming import resource_label
from generator.stacks import Stack, stacks
from generator.terraform.calls import ModuleCall
from generator.terraform.hcl import Reference, Value

NAME = "everything"


def monolith(manifest: Manifest, *, modules: str) -> str:
    """The main.tf of one root that holds every stack of the environment but `state`."""
    parts = [stack for stack in stacks(manifest) if stack.name != "state"]
    home = next(stack for stack in parts if stack.name == "data")
    everything = Stack(
        name=NAME,
        wave=0,
        turn=0,
        purpose="Every stack in one root, for comparison.",
        state_region=home.state_region,
        state_bucket=home.state_bucket,
        regions=tuple(manifest.regions),
        calls=tuple(
            _moved(stack, call, before=_before(parts, stack)) for stack in parts for call in stack.calls
        ),
        inputs=(),
        outputs=(),
    )
    return roots.root(manifest, everything, modules=modules)


def _before(parts: Sequence[Stack], stack: Stack) -> tuple[str, ...]:
    """What must be there first: names cross stacks without references, so one root has to be told."""
    return tuple(
        _label(other.name, call.label) for other in parts if other.wave < stack.wave for call in other.calls
    )


def _moved(stack: Stack, call: ModuleCall, *, before: tuple[str, ...]) -> ModuleCall:
    arguments = {name: _relabelled(stack, value) for name, value in call.arguments.items()}
    return replace(
        call, stack=NAME, label=_label(stack.name, call.label), arguments=arguments, depends_on=before
    )


def _label(stack: str, label: str) -> str:
    return resource_label(stack, label)


def _relabelled(stack: Stack, value: Value) -> Value:
    match value:
        case Reference("var.zone_id"):
            return Reference(f"module.{_label('global', 'zone')}.zone_id")
        case Reference(path):
            return Reference(re.sub(r"^module\.(\w+)", lambda m: f"module.{_label(stack.name, m[1])}", path))
        case str():
            return value
        case Mapping():
            return {name: _relabelled(stack, item) for name, item in value.items()}
        case Sequence():
            return [_relabelled(stack, item) for item in value]
        case _:
            return value
