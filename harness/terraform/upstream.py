"""Values that only AWS picks, passed from a stack's outputs to the stacks that need them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.terraform.stack import StackRun, UpstreamInput


@dataclass(frozen=True, kw_only=True)
class PassedOn:
    """A variable that took its value from an upstream stack. `value` is None when the output is sensitive."""

    variable: str
    stack: str
    output: str
    value: str | None


class UpstreamOutputs:
    """Outputs by stack, each read once. Thread safe. Values may be secret: nothing here prints them."""

    def __init__(self, read: Callable[[str], Mapping[str, Any]]) -> None:
        """`read` gives a stack's outputs as `terraform output -json` does, or {} when it has none."""
        self._read = read
        self._known: dict[str, Mapping[str, Any]] = {}
        self._lock = threading.Lock()

    def put(self, stack: str, outputs: Mapping[str, Any]) -> None:
        with self._lock:
            self._known[stack] = outputs

    def of(self, stack: str) -> Mapping[str, Any]:
        with self._lock:
            if stack not in self._known:
                self._known[stack] = self._read(stack)
            return self._known[stack]

    def variables_for(self, stack: StackRun) -> tuple[dict[str, str], tuple[UpstreamInput, ...]]:
        """Variables by name, as TF_VAR_ takes them, and the inputs that nobody can give a value yet."""
        values: dict[str, str] = {}
        unknown: list[UpstreamInput] = []
        for each in stack.inputs:
            found = self.of(each.stack).get(each.output)
            if found is None or found.get("value") is None:
                unknown.append(each)
            else:
                values[each.variable] = variable_text(found["value"])
        return values, tuple(unknown)

    def passed_on(self, stack: StackRun) -> tuple[PassedOn, ...]:
        """What `variables_for` gives, as it may be shown and kept."""
        found = ((each, self.of(each.stack).get(each.output) or {}) for each in stack.inputs)
        return tuple(
            PassedOn(
                variable=each.variable,
                stack=each.stack,
                output=each.output,
                value=None if output.get("sensitive") else variable_text(output["value"]),
            )
            for each, output in found
            if output.get("value") is not None
        )


def variable_text(value: object) -> str:
    """Text as it is; everything else as JSON that is read as HCL, so templates in it must not come to life.

    Source: developer.hashicorp.com, Input Variables, Complex-typed Values.
    """
    if isinstance(value, str):
        return value
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")
