"""The order of changes in an environment that serves already: the standby regions first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from generator.manifest import Manifest
from harness.terraform.stack import StackRun


def standby_first(manifest: Manifest, stacks: Sequence[StackRun]) -> tuple[StackRun, ...]:
    """The same stacks, the turns of the lead region and of the standbys exchanged where that may be.

    It may not with databases, whose primary cluster must be there first, nor among active regions, none of
    which is spare. A stack that another takes an input from, or gives one to, keeps its turn.
    """
    if manifest.topology != "active-standby" or manifest.data.databases:
        return tuple(stacks)
    regions = set(manifest.regions)
    given = {each.stack for stack in stacks for each in stack.inputs}
    taking = {stack.name for stack in stacks if stack.inputs}
    if regions & (given | taking):
        return tuple(stacks)
    turns = {region: int(region == manifest.lead_region) for region in regions}
    return tuple(replace(stack, turn=turns.get(stack.name, stack.turn)) for stack in stacks)
