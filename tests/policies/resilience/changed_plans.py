"""Real plans with something taken out or changed, and what the rules then find."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from generator.manifest import Manifest
from generator.stacks import Stack, stacks
from harness import environments
from policies.finding import Finding
from policies.resilience import RULES
from policies.resilience.estate import estate
from tests.policies import captured

ACTIVE_STANDBY, CDN, GLOBAL, PROD = captured.ENVIRONMENTS

Plans = dict[str, Any]
Change = Callable[[Plans], None]


@cache
def manifest(environment: str) -> Manifest:
    return environments.load(environment).manifest


@cache
def _stored(environment: str) -> str:
    return json.dumps(captured.stored(environment))


def plans(environment: str) -> Plans:
    """A copy of one's own, to be changed."""
    found: Plans = json.loads(_stored(environment))
    assert found, f"{environment} is not captured; run: {captured.COMMAND} {environment}"
    return found


def found(
    rule: str,
    environment: str,
    *changes: Change,
    meant: Manifest | None = None,
    among: tuple[Stack, ...] | None = None,
) -> list[Finding]:
    """What one rule finds in an environment once its plans are changed; `meant`: another manifest."""
    planned = plans(environment)
    for change in changes:
        change(planned)
    wanted = meant or manifest(environment)
    return list(RULES[rule].check(estate(wanted, among or stacks(wanted), planned)))


def modules(module: Mapping[str, Any]) -> Iterator[Any]:
    yield module
    for child in module.get("child_modules", ()):
        yield from modules(child)


def resource(planned: Plans, stack: str, address: str) -> Any:
    """The planned resource of an address, to be changed in place."""
    for module in modules(planned[stack]["planned_values"]["root_module"]):
        for each in module["resources"]:
            if each["address"] == address:
                return each
    raise LookupError(f"{stack} has no {address}; if the modules have changed, run: {captured.COMMAND}")


def values(stack: str, address: str, **changed: Any) -> Change:
    """Give attributes of one resource other values."""

    def change(planned: Plans) -> None:
        resource(planned, stack, address)["values"].update(copy.deepcopy(changed))
        unknown = [
            each["change"]["after_unknown"]
            for each in planned[stack]["resource_changes"]
            if each["address"] == address
        ]
        for each in unknown:
            for name in changed:
                each.pop(name, None)

    return change


def edited(stack: str, address: str, edit: Callable[[Any], None]) -> Change:
    """Change the values of one resource in place."""
    return lambda planned: edit(resource(planned, stack, address)["values"])


def without(stack: str, *addresses: str) -> Change:
    """Take resources out of a plan."""

    def change(planned: Plans) -> None:
        for address in addresses:
            wanted = resource(planned, stack, address)
            for module in modules(planned[stack]["planned_values"]["root_module"]):
                module["resources"] = [each for each in module["resources"] if each is not wanted]

    return change


def with_resource(
    stack: str,
    address: str,
    type_: str,
    *,
    provider: str = "aws",
    refers_to: Mapping[str, str] = MappingProxyType({}),
    **of: Any,
) -> Change:
    """Put a resource into the root of a plan; `refers_to`: what of it is taken from which other resource."""

    def change(planned: Plans) -> None:
        root = planned[stack]["planned_values"]["root_module"]
        root["resources"].append({"address": address, "mode": "managed", "type": type_, "values": of})
        configured = planned[stack]["configuration"]["root_module"].setdefault("resources", [])
        configured.append(
            {
                "address": address,
                "mode": "managed",
                "type": type_,
                "provider_config_key": provider,
                "expressions": {name: {"references": [other]} for name, other in refers_to.items()},
            }
        )

    return change
