"""Declarations of a tier: module calls, inputs and outputs, each in its stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from generator.terraform.hcl import Reference, Value


@dataclass(frozen=True)
class ModuleCall:
    """One `module` block. `module` is its folder under modules/; `region` picks the provider.

    Arguments that are None are left out, so that the module's own default holds.
    """

    stack: str
    label: str
    module: str
    region: str
    arguments: Mapping[str, Value] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()


@dataclass(frozen=True)
class StackInput:
    """An identifier that AWS alone picks: a variable of `stack`, fed from an output of an upstream stack."""

    stack: str
    variable: str
    upstream: str
    output: str
    description: str


@dataclass(frozen=True)
class StackOutput:
    """An `output` block of a root."""

    stack: str
    name: str
    value: Reference
    description: str


Declaration = ModuleCall | StackInput | StackOutput
