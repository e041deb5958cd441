"""The order of changes in an environment that serves already: the standby regions first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from generator.manifest import Manifest
from harness.terraform.stack import StackRun


def standby_first(manifest: Manifest, stacks: Sequence[StackRun]) -> tuple[StackRun, ...]:
    """The same stacks, the waves of the lead region and of the standbys exchanged where that may be.

    It may not with databases: a secondary cluster joins a primary one that has to be there (Amazon Aurora
    User Guide, "Using Amazon Aurora Global Database"), nor among active regions, none of which is spare.
    A stack that another takes an input from, or gives one to, keeps its wave.
    """
    if manifest.topology != "active-standby" or manifest.data.databases:
        return tuple(stacks)
    by_name = {stack.name: stack for stack in stacks}
    lead = by_name.get(manifest.lead_region)
    standbys = [by_name[region] for region in manifest.lead_first[1:] if region in by_name]
    tied = {each.stack for stack in stacks for each in stack.inputs}
    if lead is None or not standbys or lead.name in tied or any(stack.name in tied for stack in standbys):
        return tuple(stacks)
    first, second = lead.wave, max(stack.wave for stack in standbys)
    moved = {lead.name: second, **{stack.name: first for stack in standbys}}
    return tuple(replace(stack, wave=moved.get(stack.name, stack.wave)) for stack in stacks)
