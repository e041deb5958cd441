"""What a resilience rule is given: the manifest, its stacks, and what their plans make of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.manifest import Manifest
from generator.manifest.problems import InputRefused
from generator.stacks import Stack
from policies.finding import Finding
from policies.resilience.plan_json import Json, Resource, resources


@dataclass(frozen=True)
class Estate:
    """An environment as it is meant (`manifest`, `stacks`) and as it will be (`found`, by stack)."""

    manifest: Manifest
    stacks: tuple[Stack, ...]
    plans: Mapping[str, Json]
    found: Mapping[str, tuple[Resource, ...]]

    @property
    def regions(self) -> tuple[str, ...]:
        """The environment's regions, the lead first; each serves or must be able to."""
        return self.manifest.lead_first

    @property
    def regional(self) -> tuple[str, ...]:
        """The regions that have a stack of their own: the environment's, the lead first, and a witness."""
        witness = (region for region in self.manifest.state_regions if region not in self.regions)
        return (*self.regions, *witness)

    def resources(self, stack: str, *types: str) -> tuple[Resource, ...]:
        """A stack's resources of the types given; () for a stack that the environment does not have."""
        return tuple(each for each in self.found.get(stack, ()) if each.type in types)

    def everywhere(self, *types: str) -> Iterator[Resource]:
        for stack in self.found:
            yield from self.resources(stack, *types)


@dataclass(frozen=True)
class Rule:
    """A rule: its id, what holds when it finds nothing, and the function that looks."""

    id: str
    title: str
    check: Callable[[Estate], Iterator[Finding]]


def estate(manifest: Manifest, stacks: Sequence[Stack], plans: Mapping[str, Mapping[str, Any]]) -> Estate:
    """Raises InputRefused when a stack has no plan: what was not planned cannot be judged."""
    missing = [stack.name for stack in stacks if stack.name not in plans]
    if missing:
        raise InputRefused(
            [
                f"{manifest.name}: stack {name} has no plan; plan all stacks, the rules look at pairs"
                for name in missing
            ]
        )
    names = [stack.name for stack in stacks]
    return Estate(manifest, tuple(stacks), plans, {name: resources(name, plans[name]) for name in names})
