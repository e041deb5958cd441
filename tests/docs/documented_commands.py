"""Commands as documents show them, and what the Makefile and AWS's API models say of them."""

from __future__ import annotations

import functools
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.session
from botocore import xform_name

REPOSITORY = Path(__file__).parents[2]
# Variables of the Makefile that nobody gives.
INTERNAL = frozenset({"INSTALLED", "MAKEFILE_LIST", "POLICY_INSTALLED", "POLICY_VENV", "RUN", "VENV"})
# What the Makefile's own variables stand for.
INDIRECT = {"env_given": ("ENV",), "marks": ("MARK", "LONG")}


@dataclass(frozen=True)
class MakeCommand:
    """`make drill ENV=dev SEEDS=3`: its verb and its options."""

    line: str
    verb: str
    options: dict[str, str] = field(default_factory=dict)

    def words(self, name: str) -> list[str]:
        return self.options.get(name, "").split()


def lines(text: str) -> list[str]:
    """The command lines of every sh fence, in order, without comments."""
    found = []
    for fence in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        found += [line.split("  #")[0].rstrip() for line in fence.splitlines()]
    return [line for line in found if line and not line.startswith("#")]


def make_commands(text: str) -> list[MakeCommand]:
    return [make_command(line) for line in lines(text) if line.startswith("make ")]


def make_command(line: str) -> MakeCommand:
    _, verb, *rest = shlex.split(line, comments=True)
    return MakeCommand(line, verb, dict(word.split("=", 1) for word in rest))


@functools.cache
def verbs() -> dict[str, frozenset[str]]:
    """help, and the Makefile's targets that it lists, with the options that their recipes read."""
    text = (REPOSITORY / "Makefile").read_text()
    shown = ["help", *re.findall(r"^([a-z]+):.*## ", text, re.MULTILINE)]
    options: dict[str, set[str]] = {name: set() for name in shown}
    for heads, recipe in re.findall(r"^([a-z][a-z ]*):(?!=).*\n((?:\t.*\n)+)", text, re.MULTILINE):
        for name in heads.split():
            options.setdefault(name, set()).update(options_of(recipe))
    return {name: frozenset(each) for name, each in options.items() if name in shown}


def options_of(recipe: str) -> Iterator[str]:
    """The options that a recipe reads: `$(call option,ENV,--env)`, `$(if $(TESTS),...)`."""
    yield from re.findall(r"\$\(call (?:flag|option|each|on|quoted_words),([A-Z_]+)", recipe)
    yield from (name for name in re.findall(r"\$\(([A-Z_]+)\)", recipe) if name not in INTERNAL)
    for short, names in INDIRECT.items():
        yield from names if f"$({short})" in recipe else ()


def problems(command: MakeCommand, *, environments: frozenset[str]) -> list[str]:
    """What is wrong with a command; empty for one that `make` takes."""
    known = verbs()
    if command.verb not in known:
        return [f"{command.line}: there is no target {command.verb}"]
    wrong = sorted(set(command.options) - known[command.verb])
    found = [f"{command.line}: {command.verb} takes no {name}" for name in wrong]
    if "ENV" in command.options and command.options["ENV"] not in environments:
        found.append(f"{command.line}: there is no environment {command.options['ENV']}")
    return found


def aws_problems(line: str) -> list[str]:
    """What is wrong with a line of the AWS CLI, by botocore's models: service, operation, parameters."""
    _, service, verb, *rest = shlex.split(line)
    model = _model({"s3api": "s3"}.get(service, service))
    operation = next((name for name in model.operation_names if xform_name(name, "-") == verb), None)
    if operation is None:
        return [f"{line}: {service} has no {verb}"]
    shape = model.operation_model(operation).input_shape
    known = {xform_name(name, "-") for name in (shape.members if shape else {})} | {"region", "query"}
    options = [word.removeprefix("--") for word in rest if word.startswith("--")]
    return [f"{line}: {verb} takes no --{name}" for name in options if name not in known]


@functools.cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def repository_copy(folder: Path) -> Path:
    """The repository's tracked files in a folder of their own, with the same environment of Python, so that
    commands may change manifests. Times are kept: make would set everything up anew otherwise."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    for path in filter(None, listed.stdout.split("\0")):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / path, folder / path)
    (folder / ".venv").symlink_to((REPOSITORY / ".venv").resolve())
    return folder
