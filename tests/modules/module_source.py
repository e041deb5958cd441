"""What a module's HCL says of itself: its variables, outputs and validations, parsed by python-hcl2."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import hcl2
from hcl2.utils import SerializationOptions

REPOSITORY = Path(__file__).resolve().parents[2]
MODULES = REPOSITORY / "modules"
NATIVE_TESTS = Path(__file__).resolve().parent
FILES_OF_A_MODULE = ("README.md", "main.tf", "outputs.tf", "variables.tf", "versions.tf")

_PLAIN_STRINGS = SerializationOptions(strip_string_quotes=True, with_comments=False)


@dataclass(frozen=True)
class Block:
    """One named block (`variable`, `output`, `run`) with its attributes as python-hcl2 gives them."""

    name: str
    attributes: dict[str, Any]

    @property
    def validations(self) -> int:
        return len(self.attributes.get("validation", []))


def modules() -> list[str]:
    """Every module of the repository as `<tier>/<module>`, sorted."""
    return sorted(str(path.parent.relative_to(MODULES)) for path in MODULES.glob("*/*/variables.tf"))


def blocks(path: Path, kind: str) -> list[Block]:
    """The blocks of one kind in one file, in the order in which they are written."""
    return [
        Block(name.strip('"'), attributes)
        for entry in _parsed(path).get(kind, [])
        for name, attributes in entry.items()
    ]


def variables(module: str) -> list[Block]:
    return [block for path in _sources(module, "variables*.tf") for block in blocks(path, "variable")]


def outputs(module: str) -> list[Block]:
    return [block for path in _sources(module, "outputs*.tf") for block in blocks(path, "output")]


def conditions(module: str) -> list[str]:
    """The address in the module of every precondition, postcondition and check, once for each of them."""
    text = _text(module)
    found = [
        f"{kind}.{name}"
        for kind, name, body in re.findall(r'^resource "(\w+)" "(\w+)" \{\n(.*?)^\}', text, re.M | re.S)
        for _ in re.findall(r"^    (?:pre|post)condition \{", body, re.M)
    ]
    return found + [f"check.{name}" for name in re.findall(r'^check "(\w+)" \{', text, re.M)]


def precondition_messages(module: str) -> list[str]:
    """The message of every precondition and postcondition of a module."""
    return re.findall(
        r'^    (?:pre|post)condition \{\n.*?^      error_message = "(.*?)"$',
        _text(module),
        re.MULTILINE | re.DOTALL,
    )


def example(module: str) -> str:
    """The first HCL fence of a module's README: the usage that a reader copies."""
    readme = MODULES / module / "README.md"
    fence = re.search(r"^```(?:hcl|terraform)\n(.*?)^```$", readme.read_text(encoding="utf-8"), re.M | re.S)
    if fence is None:
        raise LookupError(f"{module}/README.md has no HCL example.")
    return fence.group(1)


def further_cases(module: str) -> str:
    """Calls of the module, in `<module>.cases.tf`, that plan what its README's example leaves out."""
    cases = NATIVE_TESTS / f"{module}.cases.tf"
    return cases.read_text(encoding="utf-8") if cases.exists() else ""


def resource_types(module: str) -> list[str]:
    """The types of the resources that a module declares itself, sorted."""
    return sorted(set(re.findall(r'^resource "(\w+)" ', _text(module), re.MULTILINE)))


def nested_calls(module: str) -> dict[str, str]:
    """The modules that a module calls itself, by the label of the call."""
    calls = re.findall(r'^module "(\w+)" \{\n  source += "([^"]+)"', _text(module), re.MULTILINE)
    return {label: str((MODULES / module / source).resolve().relative_to(MODULES)) for label, source in calls}


def moved(module: str) -> dict[str, str]:
    """Former address by present address of every resource that a module has moved, within the module."""
    found = [block for path in _sources(module, "*.tf") for block in _parsed(path).get("moved", [])]
    return {_reference(block["to"]): _reference(block["from"]) for block in found}


def _reference(text: str) -> str:
    return re.sub(r"^\$\{(.*)\}$", r"\1", text)


@cache
def _text(module: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in _sources(module, "*.tf"))


def native_test(module: str) -> Path:
    """Where the `terraform test` file of a module is."""
    return NATIVE_TESTS / f"{module}.tftest.hcl"


def expected_failures(path: Path) -> list[str]:
    """Every object that some run of a `.tftest.hcl` file expects to fail, once for each run and object."""
    return [
        _reference(str(target))
        for run in blocks(path, "run")
        for target in run.attributes.get("expect_failures", [])
    ]


def _sources(module: str, pattern: str) -> list[Path]:
    return sorted((MODULES / module).glob(pattern))


def _parsed(path: Path) -> dict[str, Any]:
    return _load(path, path.stat().st_mtime_ns)


@cache
def _load(path: Path, _changed: int) -> dict[str, Any]:
    with path.open(encoding="utf-8") as file:
        return dict(hcl2.load(file, serialization_options=_PLAIN_STRINGS))
