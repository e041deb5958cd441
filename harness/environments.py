"""Environments on disk: which there are, their manifests, and their generated files."""

from __future__ import annotations

import difflib
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from generator import estate, manifest, stacks, writer
from generator.manifest import Manifest, implied, schema
from generator.manifest.compute import RESERVED
from generator.manifest.problems import InputRefused, Problem
from generator.manifest.yaml_source import read
from generator.recovery.budget import refusals
from generator.stacks import Stack
from generator.writer import Changes

REPOSITORY = Path(__file__).resolve().parents[1]
ENVIRONMENTS = REPOSITORY / "envs"
FUNCTIONS = REPOSITORY / "lambda_src"
REPORTS = REPOSITORY / ".antipode" / "reports"
SCHEMA = ENVIRONMENTS / "manifest.schema.json"

# Commands and paths of generated files hold the name as it is.
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)*", re.ASCII)


@dataclass(frozen=True)
class Environment:
    """One environment: `name` is its folder below envs/, for example reference/active-standby-api."""

    name: str
    folder: Path
    manifest: Manifest

    @property
    def stacks(self) -> tuple[Stack, ...]:
        return stacks.stacks(self.manifest)

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that it has anything in: its own, and its witness."""
        return self.manifest.state_regions

    def wanted(self) -> dict[str, bytes]:
        """Its generated files by path. Raises InputRefused when a function has no source or package."""
        there = [path.parent.name for path in sorted(FUNCTIONS.glob("*/handler.py"))]
        missing = [source for source in implied.used_functions(self.manifest) if source not in there]
        if problems := [*self._sourceless(missing, there), *self._without_package()]:
            raise InputRefused(problems)
        return estate.files(self.manifest, environment=self.name, repository=REPOSITORY)

    def _sourceless(self, missing: Sequence[str], there: Sequence[str]) -> Iterator[Problem | str]:
        """A problem for each function whose source does not exist, and for each of our own functions."""
        file = self.folder / "manifest.yaml"
        document, declared = read(file), self.manifest.compute.functions
        known = ", ".join(source for source in there if source not in RESERVED)
        for name, function in declared.items():
            if function.source in missing:
                yield document.problem(
                    ("compute", "functions", name, "source"),
                    f"must be a folder under lambda_src/ that holds a handler.py ({known})",
                    value=function.source,
                )
        for source in sorted({*missing} - {function.source for function in declared.values()}):
            yield f"{file}: compute.functions: there is no lambda_src/{source}/handler.py"

    def _without_package(self) -> Iterator[Problem]:
        """A problem for each function whose package was built elsewhere and is not a .zip file there."""
        document = read(self.folder / "manifest.yaml")
        for name, function in self.manifest.compute.functions.items():
            if function.package is None or zipfile.is_zipfile(self.folder / function.package):
                continue
            path = f"envs/{self.name}/{function.package}"
            wrong = "is no zip file" if (self.folder / function.package).exists() else "does not exist"
            yield document.problem(
                ("compute", "functions", name, "package"),
                f"{path} {wrong}: build it there and commit it",
                value=function.package,
            )

    def changes(self) -> Changes:
        """How its files differ from what the manifest asks for."""
        return writer.changes(self.folder, self.wanted())


def names() -> tuple[str, ...]:
    """Every environment below envs/, sorted."""
    found = ENVIRONMENTS.rglob("manifest.yaml")
    return tuple(sorted(file.parent.relative_to(ENVIRONMENTS).as_posix() for file in found))


def load(name: str) -> Environment:
    """The environment `name`. Raises InputRefused: no such environment, or every mistake in its manifest."""
    folder = (ENVIRONMENTS / name).resolve()
    if ENVIRONMENTS not in folder.parents or not (folder / "manifest.yaml").is_file():
        near = difflib.get_close_matches(name, names(), n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names()) or 'none'}"
        raise InputRefused([f"ENV={name}: envs/{name}/manifest.yaml does not exist; {hint}"])
    found = folder.relative_to(ENVIRONMENTS).as_posix()
    if not _NAME.fullmatch(found):
        raise InputRefused(
            [f"envs/{found}: rename it: letters, digits, dots, hyphens and underscores alone are allowed"]
        )
    file = folder / "manifest.yaml"
    return Environment(name=found, folder=folder, manifest=manifest.load(file))


def refuse_unreachable_objectives(environment: Environment) -> None:
    """Raises InputRefused when an objective lies below what the design can reach."""
    refused = refusals(environment.manifest)
    if refused:
        file = environment.folder / "manifest.yaml"
        source = read(file)
        raise InputRefused(
            [Problem(file, source.line(each.key), ".".join(each.key), each.message) for each in refused]
        )


def write_schema() -> bool:
    """Bring envs/manifest.schema.json up to date; whether it changed."""
    text = schema.schema()
    if SCHEMA.is_file() and SCHEMA.read_text(encoding="utf-8") == text:
        return False
    SCHEMA.write_text(text, encoding="utf-8")
    return True


def schema_is_stale() -> bool:
    return not SCHEMA.is_file() or SCHEMA.read_text(encoding="utf-8") != schema.schema()
