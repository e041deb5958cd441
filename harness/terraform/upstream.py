"""Values that only AWS picks, passed from a stack's outputs to the stacks that need them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any

from harness.terraform.stack import StackRun, UpstreamInput


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


def variable_text(value: object) -> str:
    """Text as it is; everything else as JSON that is read as HCL, so templates in it must not come to life.

    Source: developer.hashicorp.com, Input Variables, Complex-typed Values.
    """
    if isinstance(value, str):
        return value
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")
