"""What the rules read of a plan, out of what `terraform show -json` prints of it.

A plan is a JSON object with `planned_values` (what will be there), `resource_changes` (what of it is not
known before it is applied) and `configuration` (providers, references).
Source: Terraform's "JSON Output Format".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = Mapping[str, Any]

NOT_KNOWN: Final = "(known after apply)"
_KEY = re.compile(r'\["([^"]*)"\]$')
_INDEX = re.compile(r"\[[^\]]*\]")


@dataclass(frozen=True)
class Resource:
    """One resource as it will be.

    `values` are its attributes, NOT_KNOWN where AWS alone will know; `region` is that of its provider, ""
    where the plan names none; `references` maps an attribute to what it refers to in the configuration.
    """

    stack: str
    address: str
    type: str
    region: str
    values: Json
    references: Mapping[str, tuple[str, ...]]

    @property
    def where(self) -> str:
        return f"{self.stack}: {self.address}"

    @property
    def module(self) -> str:
        """The address of the module that holds it; "" in a root."""
        return self.address.rpartition(f"{self.type}.")[0].rstrip(".")

    @property
    def key(self) -> str:
        """Its key under `for_each`; "" without one."""
        found = _KEY.search(self.address)
        return found[1] if found else ""

    def refers_to(self, attribute: str, other: Resource) -> bool:
        """Whether an attribute is taken from `other`, which lies in the same module and has the same key."""
        name = _INDEX.sub("", other.address.removeprefix(f"{other.module}."))
        return (
            (self.stack, self.module, self.key) == (other.stack, other.module, other.key)
            and name in self.references.get(attribute, ())
        )  # fmt: skip

    def block(self, name: str) -> Json:
        """The only block of a name, or an empty one: Terraform shows blocks as lists."""
        found = self.values.get(name)
        return found[0] if isinstance(found, list) and found else {}

    def blocks(self, name: str) -> list[Json]:
        found = self.values.get(name)
        return list(found) if isinstance(found, list) else []


def resources(stack: str, plan: Json) -> tuple[Resource, ...]:
    """The resources, without data sources, that will be there once the plan is applied."""
    unknown = {
        change["address"]: change.get("change", {}).get("after_unknown", {})
        for change in plan.get("resource_changes", ())
    }
    providers = provider_regions(plan)
    configured = {
        address: found for address, found in configurations(plan) if found.get("mode", "managed") == "managed"
    }
    return tuple(
        Resource(
            stack=stack,
            address=planned["address"],
            type=planned["type"],
            region=providers.get(configuration.get("provider_config_key", ""), ""),
            values=_with_unknown(planned.get("values", {}), unknown.get(planned["address"], {})),
            references=_references(configuration.get("expressions", {})),
        )
        for planned in _planned(plan.get("planned_values", {}).get("root_module", {}))
        if planned.get("mode", "managed") == "managed"
        for configuration in [configured.get(_INDEX.sub("", planned["address"]), {})]
    )


def provider_regions(plan: Json) -> dict[str, str]:
    """The region of every provider configuration by its key: {"aws.usw2": "us-west-2"}."""
    return {
        key: provider.get("expressions", {}).get("region", {}).get("constant_value", "")
        for key, provider in plan.get("configuration", {}).get("provider_config", {}).items()
        if provider.get("name") == "aws"
    }


def configurations(plan: Json) -> Iterator[tuple[str, Json]]:
    """(address without indices, configuration) of every resource and data source, those of modules too."""
    yield from _configured("", plan.get("configuration", {}).get("root_module", {}))


def _configured(prefix: str, module: Json) -> Iterator[tuple[str, Json]]:
    for found in module.get("resources", ()):
        yield prefix + found["address"], found
    for label, call in module.get("module_calls", {}).items():
        yield from _configured(f"{prefix}module.{label}.", call.get("module", {}))


def _planned(module: Json) -> Iterator[Json]:
    yield from module.get("resources", ())
    for child in module.get("child_modules", ()):
        yield from _planned(child)


def _references(expressions: Json) -> dict[str, tuple[str, ...]]:
    """What each configured attribute or block refers to; () for constants. No key is missing."""
    return {name: tuple(dict.fromkeys(_referred(expression))) for name, expression in expressions.items()}


def _referred(expression: Any) -> Iterator[str]:
    if isinstance(expression, list):
        for each in expression:
            yield from _referred(each)
    elif isinstance(expression, Mapping):
        for name, value in expression.items():
            if name == "references":
                yield from value
            elif name != "constant_value":
                yield from _referred(value)


def _with_unknown(values: Any, unknown: Any) -> Any:
    """Values with NOT_KNOWN in every place that `unknown`, a tree of the same shape, calls true."""
    if unknown is True:
        return NOT_KNOWN
    if isinstance(unknown, Mapping) and isinstance(values, Mapping):
        missing = {name: None for name, below in unknown.items() if _any(below)}
        return {
            name: _with_unknown(value, unknown.get(name)) for name, value in {**missing, **values}.items()
        }
    if isinstance(unknown, list) and isinstance(values, list):
        below = [*unknown, *[None] * (len(values) - len(unknown))]
        return [_with_unknown(*pair) for pair in zip(values, below, strict=False)]
    return values


def _any(unknown: Any) -> bool:
    """Whether anything in a tree of unknowns is true."""
    if isinstance(unknown, Mapping):
        return any(_any(below) for below in unknown.values())
    return any(_any(below) for below in unknown) if isinstance(unknown, list) else unknown is True
