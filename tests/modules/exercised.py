"""What the tests exercise, read from the tests themselves: their marks, drills, inventories and refusals.

A test says with `@pytest.mark.exercises(root, step, ...)` that it applies a root in the sandbox, plans it
again, or destroys it. What the root holds is said by its inventory alone, to which the test that applies it
holds the state.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from harness.drill.scenario import shipped
from tests import inventory
from tests.modules import module_source
from tests.modules.module_source import NATIVE_TESTS, REPOSITORY

TESTS = REPOSITORY / "tests"
APPLY, AGAIN, DESTROY = "apply", "second plan", "destroy"
PROVED_BY = {APPLY: {"holds", "hold_to_inventory"}, AGAIN: {"changes", "plan", "root"}, DESTROY: {"destroy"}}
# what runs a drill, or returns one that was run for several tests
DRILLING = {"drilled", "lost"}
"""By step, what a test that claims it has to call, one of them."""


class Kept(NamedTuple):
    """A resource type of a module."""

    module: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One step of one root, and the test (`path::name` in tests/) that takes it. `calls`: what it calls."""

    root: str
    step: str
    test: str
    long: bool
    calls: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Exercised:
    """Everything there is to tell. `held`: the types in each applied root. `drills`: scenarios by root.
    `planned`: resources by module and type in the modules' inventories. `refused`: cases by module."""

    exercises: tuple[Exercise, ...]
    held: Mapping[str, frozenset[Kept]]
    drills: Mapping[str, tuple[str, ...]]
    planned: Mapping[str, Mapping[str, int]]
    refused: Mapping[str, int]

    def tests(self, root: str, step: str) -> tuple[Exercise, ...]:
        return tuple(each for each in self.exercises if (each.root, each.step) == (root, step))

    def roots(self, kept: Kept, step: str) -> tuple[str, ...]:
        """The roots that hold this type and go through this step."""
        return tuple(root for root in sorted(self.held) if kept in self.held[root] and self.tests(root, step))


@cache
def steps() -> tuple[Exercise, ...]:
    """Every step that a test takes, by root."""
    return tuple(sorted(_exercises(), key=lambda each: (each.root, each.step, each.test)))


@cache
def exercised() -> Exercised:
    modules = module_source.modules()
    return Exercised(
        exercises=steps(),
        held={root: held_by(expected_of(root)) for root in sorted({each.root for each in steps()})},
        drills=_drills(),
        planned={module: _planned(module) for module in modules},
        refused={
            module: len(module_source.expected_failures(module_source.native_test(module)))
            for module in modules
        },
    )


def expected_of(root: str) -> list[dict[str, Any]]:
    """The inventories of a root of the modules' tests (one), or of an environment (one for each stack)."""
    alone = inventory.read(NATIVE_TESTS / "applied" / f"{root}.yaml")
    stacks = inventory.read(TESTS / "envs" / "inventories" / f"{root}.yaml")
    return [alone] if alone else list(stacks.values())


def held_by(inventories: list[dict[str, Any]]) -> frozenset[Kept]:
    return frozenset(
        Kept(_module_of(address, each["calls"]), inventory.type_of(address))
        for each in inventories
        for address in each["resources"]
        if inventory.labels_of(address)
    )


def _module_of(address: str, calls: Mapping[str, str]) -> str:
    """The module that declares a resource: that of the root's call, or one that it calls itself."""
    first, *further = inventory.labels_of(address)
    module = calls[first]
    for label in further:
        module = module_source.nested_calls(module)[label]
    return module


def _planned(module: str) -> dict[str, int]:
    """Resources by type that the module declares itself, in its inventory."""
    expected = inventory.read(NATIVE_TESTS / "inventories" / f"{module}.yaml")
    own = [
        inventory.type_of(address)
        for address in expected.get("values", {})
        if len(inventory.labels_of(address)) == 1
    ]
    return dict(sorted(Counter(own).items()))


def _exercises() -> Iterator[Exercise]:
    for path in sorted(TESTS.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.exercises(" in text:
            yield from exercises_in(text, str(path.relative_to(TESTS)))


def exercises_in(text: str, path: str) -> Iterator[Exercise]:
    """The steps that the tests of one file claim."""
    tree = ast.parse(text)
    file_is_long = any(
        "mark.long" in ast.unparse(node)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    )
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        marks = [ast.unparse(mark) for mark in node.decorator_list]
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.exercises":
                root, *steps = (str(ast.literal_eval(argument)) for argument in mark.args)
                for step in steps:
                    yield Exercise(
                        root=root,
                        step=step,
                        test=f"{path}::{node.name}",
                        long=file_is_long or "pytest.mark.long" in marks,
                        calls=_called(node),
                    )


def _called(function: ast.FunctionDef) -> frozenset[str]:
    """The last names of what a function calls: `a.b.plan()` calls plan; `x("destroy", ...)` destroy too."""
    nodes = (node for line in function.body for node in ast.walk(line))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    names = {ast.unparse(call.func).rpartition(".")[2] for call in calls}
    words = {
        argument.value
        for call in calls
        for argument in call.args[:1]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    return frozenset(names | words)


def _drills() -> dict[str, tuple[str, ...]]:
    """By environment, the scenarios that tests run in it: those that its folder's drilling tests name."""
    found = {}
    for conftest in sorted((TESTS / "e2e").glob("*/conftest.py")):
        (environment,) = _first_arguments(conftest.read_text(encoding="utf-8"), "applied")
        named = {
            name
            for path in sorted(conftest.parent.glob("test_*.py"))
            for name in scenarios_in(path.read_text(encoding="utf-8"))
        }
        found[environment] = tuple(sorted(named))
    return found


def scenarios_in(text: str) -> set[str]:
    """The shipped scenarios that the tests of one file name, among those tests that drill."""
    drilling = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef) and DRILLING & _called(node)
    ]
    constants = {
        node.value
        for function in drilling
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return constants & set(shipped())


def _first_arguments(text: str, function: str) -> list[str]:
    return [
        str(ast.literal_eval(node.args[0]))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == function
    ]
