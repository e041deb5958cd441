"""Imports go one way: what each package may import, held against every import statement of the tree."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
TREES = ("generator", "harness", "policies")
VERBS = """harness.affected harness.assessment harness.bench harness.delivery harness.drift harness.failover
    harness.lifecycle harness.policy harness.reference harness.rehearsal harness.release harness.review
    harness.scorecard"""

# What stands directly below each package or module. It may import that, and everything below that. The row of
# a module is the longest name that is its own or of a package around it.
BELOW = {
    "harness.__main__": "harness.cli",
    "harness.cli": VERBS,
    # the verbs, which import each other in this order
    "harness.bench": "harness.affected harness.rehearsal",
    "harness.rehearsal": "harness.drill harness.targets",
    "harness.drift": "harness.delivery harness.review",
    "harness.lifecycle": "harness.review harness.targets",
    "harness.review": "harness.affected",
    "harness.delivery": "harness.targets harness.aws",
    "harness.affected": "harness.targets",
    "harness.failover": "harness.targets harness.aws",
    "harness.release": "harness.targets harness.aws",
    "harness.policy": "harness.targets policies",
    "harness.assessment": "harness.scorecard harness.environments",
    "harness.reference": "harness.scorecard harness.environments harness.sandbox.services",
    "harness.scorecard": "harness.terminal",
    # what verbs stand on: drill and sandbox know nothing of Terraform
    "harness.targets": "harness.environments harness.sandbox.sandbox harness.terraform",
    "harness.environments": "generator.writer",
    "harness.terraform": "harness.terminal generator.stacks",
    "harness.drill": "harness.drill.report",
    "harness.drill.report": "harness.drill.run",
    "harness.drill.run": "harness.drill.load",
    "harness.drill.load": "harness.drill.judge harness.drill.scenario",
    "harness.drill.judge": "harness.drill.subject",
    "harness.drill.scenario": "harness.drill.subject generator.manifest",
    "harness.drill.subject": "harness.aws harness.sandbox.sandbox",
    "harness": "",
    "harness.aws": "",
    "harness.terminal": "",
    "harness.sandbox": "",
    "harness.sandbox.sandbox": """harness.sandbox.process harness.sandbox.scratch harness.sandbox.snapshot
        harness.sandbox.requests.gateway harness.sandbox.services""",
    "harness.sandbox.snapshot": "harness.sandbox.service",
    "harness.sandbox.process": "",
    "harness.sandbox.scratch": "",
    # rooms and the gateway know each other by the contract alone
    "harness.sandbox.services": "harness.sandbox.service",
    "harness.sandbox.requests.gateway": "harness.sandbox.service",
    "harness.sandbox.service": "harness.sandbox.emulators harness.sandbox.world",
    "harness.sandbox.emulators": "harness.sandbox.requests",
    "harness.sandbox.world": "harness.sandbox.faults",
    "harness.sandbox.faults": "harness.sandbox.requests",
    "harness.sandbox.requests": "harness.sandbox.aws_facts harness.terminal",
    "harness.sandbox.aws_facts": "generator.control_planes",
    "policies": "generator.recovery generator.hosts generator.control_planes",
    "generator": "",
    "generator.writer": "generator.estate",
    "generator.estate": "generator.pages generator.roots generator.package",
    "generator.pages": "generator.recovery",
    "generator.roots": "generator.stacks",
    "generator.recovery": "generator.stacks",
    "generator.stacks": "generator.tiers",
    "generator.tiers": "generator.hosts",
    "generator.hosts": "generator.manifest",
    "generator.manifest": "generator.terraform generator.naming",
    "generator.naming": "generator.regions",
    "generator.terraform": "",
    "generator.regions": "",
    "generator.control_planes": "",
    "generator.package": "",
}

# Packages whose row is that of their __init__.py alone: all else in them has a row of its own.
INITS = {"generator", "harness", "harness.drill", "harness.sandbox"}
# Circles of modules, or of rooms of the sandbox, that are still there. The set may only shrink.
DEBTS: set[frozenset[str]] = set()


@cache
def modules() -> dict[str, Path]:
    """Every module of ours by its full name."""
    return {
        ".".join(file.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__"): file
        for tree in TREES
        for file in (REPOSITORY / tree).rglob("*.py")
    }


def imported(source: str, known: Iterable[str]) -> set[str]:
    """The modules of `known` that a source text imports: at its top, inside functions, for types alone."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole path"
            module = str(node.module)
            full_names = {f"{module}.{alias.name}" for alias in node.names}
            names |= {name if name in known else module for name in full_names}
    return names & set(known)


@cache
def imports() -> dict[str, set[str]]:
    """What each module imports of ours, itself left out."""
    known = modules()
    return {name: imported(file.read_text(), known) - {name} for name, file in known.items()}


def room(module: str) -> str:
    """The service that a module of the sandbox belongs to; "" for every other module."""
    return module.split(".")[3] if module.startswith("harness.sandbox.services.") else ""


def row(module: str) -> str:
    """The longest name of the table that is a module's own or of a package around it."""
    return max((name for name in BELOW if f"{module}.".startswith(f"{name}.")), key=len)


@cache
def below(name: str) -> frozenset[str]:
    """Every row that stands below one, at any depth."""
    direct = BELOW[name].split()
    return frozenset(direct).union(*map(below, direct))


def circles(graph: Mapping[str, set[str]]) -> set[frozenset[str]]:
    """The members of each circle; circles that share a member are one."""

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        waiting = [start]
        while waiting:
            new = graph.get(waiting.pop(), set()) - found
            found |= new
            waiting += new
        return found

    reach = {name: reached(name) for name in graph}
    return {
        frozenset(other for other in others if name in reach.get(other, ()))
        for name, others in reach.items()
        if name in others
    }


def test_the_table_has_no_circle_and_names_what_exists() -> None:
    assert circles({name: set(names.split()) for name, names in BELOW.items()}) == set()
    assert [name for names in BELOW.values() for name in names.split() if name not in BELOW] == []
    assert [name for name in BELOW if name not in modules()] == []


def test_every_module_has_a_row() -> None:
    rows = {module: row(module) for module in modules()}
    assert [module for module, name in rows.items() if name in INITS and module != name] == []


def test_imports_go_down_the_table() -> None:
    assert [
        f"{module} imports {other}"
        for module, others in imports().items()
        for other in others
        if row(module) != row(other) and row(other) not in below(row(module))
    ] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(imports()) == {circle for circle in DEBTS if circle <= modules().keys()}


def test_no_rooms_of_the_sandbox_import_each_other_in_a_circle() -> None:
    rooms: dict[str, set[str]] = {}
    for module, others in imports().items():
        if home := room(module):
            rooms.setdefault(home, set()).update({room(other) for other in others} - {home, ""})
    assert circles(rooms) == {circle for circle in DEBTS if circle <= rooms.keys()}


def test_functions_and_modules_know_nothing_of_the_rest() -> None:
    known = modules()
    functions = list((REPOSITORY / "lambda_src").rglob("*.py"))
    assert functions
    assert [file for file in functions if imported(file.read_text(), known)] == []
    assert list((REPOSITORY / "modules").rglob("*.py")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import harness.cli",
        "from harness import cli",
        "from harness.cli import main",
        "def f():\n    from harness import cli",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from harness.cli import main",
    ],
)
def test_an_import_is_seen_wherever_it_stands(source: str) -> None:
    assert imported(source, {"harness", "harness.cli"}) == {"harness.cli"}


def test_a_circle_is_found_with_all_its_members() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}, "e": {"f"}}) == {frozenset("abc")}
