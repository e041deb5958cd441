"""Run the modules' `terraform test` files in two roots, a Terraform process for each file and root.

In the repository a file reads as if it stood in its module; here every `run` block gets the `module` block
that names what it tests. Most runs expect a variable to be refused, which no provider has a part in: they run
in a root without one, against the module's `variables*.tf` alone. The others run against the whole module;
few, because accepted cases stand in `<module>.cases.tf`, which are planned together (test_readme.py).
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.modules import module_plan, module_source
from tests.modules.module_plan import Terraform

SECONDS_FOR_INIT = 60
SECONDS_PER_FILE = 60

_RUN = re.compile(r'^run "(?P<name>[^"]+)" \{\n(?P<body>.*?)^\}\n', re.MULTILINE | re.DOTALL)
_REFUSED = re.compile(r"^  expect_failures = \[(?P<what>[^\]]*)\]$", re.MULTILINE)
_PROVIDED = re.compile(
    r"^(?:mock_provider|provider|override_\w+)\b[^\n]*\{\n.*?^\}\n", re.MULTILINE | re.DOTALL
)

_ROOT = """terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}
"""


@dataclass(frozen=True)
class Report:
    """What Terraform said of one file: the runs that passed, and every message about those that did not."""

    passed: tuple[str, ...]
    failures: tuple[str, ...]


@dataclass(frozen=True)
class NativeTests:
    """Two initialised roots in which the files of modules can be run; `refusal` when they could not be."""

    directory: Path
    terraform: Terraform
    refusal: str

    def report(self, module: str) -> Report:
        """What Terraform says of one module's file; a file without a run is a failure."""
        if self.refusal:
            return Report((), (self.refusal,))
        reports = [
            self._report(root, module)
            for root in (self.directory / "variables", self.directory / "whole")
            if (root / _file(module)).exists()
        ]
        return Report(
            passed=tuple(run for report in reports for run in report.passed),
            failures=tuple(failure for report in reports for failure in report.failures),
        )

    def _report(self, root: Path, module: str) -> Report:
        arguments = ["test", "-json", f"-filter={_file(module)}"]
        done = _run(self.terraform, arguments, root, seconds=SECONDS_PER_FILE)
        events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        return _report(module, events, done.stderr)


def native_tests(directory: Path, modules: Sequence[str], terraform: Terraform) -> NativeTests:
    """Lay the named modules' files into two roots below `directory` and initialise them."""
    directory.mkdir(exist_ok=True)
    _lay_out_whole(directory / "whole")
    _lay_out_variables(directory / "variables")
    for module in modules:
        text = module_source.native_test(module).read_text(encoding="utf-8")
        for root, part in zip(("variables", "whole"), split(text), strict=True):
            if part:
                (directory / root / _file(module)).write_text(
                    with_module_blocks(part, module), encoding="utf-8"
                )
    arguments = ["init", "-input=false", "-no-color", "-backend=false"]
    prepared = [
        _run(terraform, arguments, directory / root, seconds=SECONDS_FOR_INIT)
        for root in ("variables", "whole")
    ]
    return NativeTests(
        directory, terraform, "".join(done.stderr + done.stdout for done in prepared if done.returncode)
    )


def split(text: str) -> tuple[str, str]:
    """A test file as two: the runs that only expect variables to be refused, without any provider, and the
    rest of the file. The first is empty where there is no such run; the second where there are only such."""
    refusing = [run.group(0) for run in _RUN.finditer(text) if _refuses_variables(run["body"])]
    if not refusing:
        return "", text
    rest = text
    for run in refusing:
        rest = rest.replace(run, "", 1)
    if not _RUN.search(rest):
        rest = ""
    head = _PROVIDED.sub("", _RUN.sub("", text))
    return "\n".join((head, *refusing)), rest


def _refuses_variables(body: str) -> bool:
    expected = _REFUSED.search(body)
    if expected is None or "  providers " in body or "\n  override_" in body:
        return False
    return all(target.strip().startswith("var.") for target in expected["what"].split(",") if target.strip())


def with_module_blocks(text: str, module: str) -> str:
    """The test file with a `module` block at the head of each `run` block."""
    block = f'\n  module {{ source = "./modules/{module}" }}'
    return re.sub(r'^run "[^"]+" \{$', lambda run: run.group(0) + block, text, flags=re.MULTILINE)


def _lay_out_whole(root: Path) -> None:
    shutil.copytree(module_source.MODULES, root / "modules", ignore=shutil.ignore_patterns(".terraform*"))
    shutil.copytree(module_source.NATIVE_TESTS / "mocks", root / "mocks")
    shutil.copyfile(module_plan.LOCK_FILE, root / ".terraform.lock.hcl")
    (root / "main.tf").write_text(_ROOT)
    module_plan.write_package(root)
    (root / "tests").mkdir()


def _lay_out_variables(root: Path) -> None:
    for source in module_source.MODULES.glob("*/*/variables*.tf"):
        to = root / "modules" / source.relative_to(module_source.MODULES)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, to)
    (root / "main.tf").write_text("")
    module_plan.write_package(root)
    (root / "tests").mkdir()


def _run(
    terraform: Terraform, arguments: list[str], directory: Path, *, seconds: float
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [terraform.binary, *arguments],
        cwd=directory,
        env=dict(terraform.environment),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def _report(module: str, events: list[dict[str, Any]], stderr: str) -> Report:
    file = _file(module)
    runs = [
        event["test_run"]
        for event in events
        if event["type"] == "test_run"
        and event["test_run"]["path"] == file
        and event["test_run"]["progress"] == "complete"
    ]
    failures = [f'run "{run["run"]}": {run["status"]}' for run in runs if run["status"] != "pass"]
    # a diagnostic without a file of its own (a test file that does not parse) stops every file
    failures += [
        _message(event) for event in events if _is_error(event) and event.get("@testfile", file) == file
    ]
    if not runs:
        failures.append(f"No run of {file} was executed.\n{stderr}".strip())
    return Report(tuple(run["run"] for run in runs if run["status"] == "pass"), tuple(failures))


def _is_error(event: dict[str, Any]) -> bool:
    return event["type"] == "diagnostic" and event["diagnostic"]["severity"] == "error"


def _message(event: dict[str, Any]) -> str:
    diagnostic = event["diagnostic"]
    where = diagnostic.get("range", {})
    code = diagnostic.get("snippet", {}).get("code", "").strip()
    place = f"{where.get('filename', '?')}:{where.get('start', {}).get('line', '?')}"
    run = event.get("@testrun", "")
    return f'run "{run}": {diagnostic["summary"]}: {diagnostic.get("detail", "")}\n    {place}: {code}'


def _file(module: str) -> str:
    return f"tests/{module.replace('/', '_')}.tftest.hcl"
