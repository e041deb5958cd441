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


def example(module: str) -> str:
    """The first HCL fence of a module's README: the usage that a reader copies."""
    readme = MODULES / module / "README.md"
    fence = re.search(r"^```(?:hcl|terraform)\n(.*?)^```$", readme.read_text(encoding="utf-8"), re.M | re.S)
    if fence is None:
        raise LookupError(f"{module}/README.md has no HCL example.")
    return fence.group(1)


def native_test(module: str) -> Path:
    """Where the `terraform test` file of a module is."""
    return NATIVE_TESTS / f"{module}.tftest.hcl"


def expected_failures(path: Path) -> list[str]:
    """Every object that some run of a `.tftest.hcl` file expects to fail, once for each run and object."""
    return [
        re.sub(r"^\$\{(.*)\}$", r"\1", str(target))
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
