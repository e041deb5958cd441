"""Run the modules' `terraform test` files, all in one Terraform process.

Nearly all the time of a Terraform process goes into starting the provider, so the files are laid into one
root that holds a copy of `modules/`. There every `run` block gets the `module` block that names what it
tests; in the repository a file reads as if it stood in its module.
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

import module_plan
import module_source
from module_plan import Terraform

SECONDS_FOR_INIT = 120
SECONDS_PER_FILE = 120

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


def run_terraform_tests(directory: Path, modules: Sequence[str], terraform: Terraform) -> dict[str, Report]:
    """Test the named modules in `directory` and report on each; a module without a run is a failure."""
    _lay_out(directory, modules)
    arguments = ["init", "-input=false", "-no-color", "-backend=false"]
    prepared = _run(terraform, arguments, directory, seconds=SECONDS_FOR_INIT)
    if prepared.returncode:
        return {module: Report((), (prepared.stderr + prepared.stdout,)) for module in modules}
    done = _run(terraform, ["test", "-json"], directory, seconds=SECONDS_PER_FILE * len(modules))
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {module: _report(module, events, done.stderr) for module in modules}


def with_module_blocks(text: str, module: str) -> str:
    """The test file with a `module` block at the head of each `run` block."""
    block = f'\n  module {{ source = "./modules/{module}" }}'
    return re.sub(r'^run "[^"]+" \{$', lambda run: run.group(0) + block, text, flags=re.MULTILINE)


def _lay_out(directory: Path, modules: Sequence[str]) -> None:
    directory.mkdir(exist_ok=True)
    shutil.copytree(
        module_source.MODULES, directory / "modules", ignore=shutil.ignore_patterns(".terraform*")
    )
    shutil.copytree(module_source.NATIVE_TESTS / "mocks", directory / "mocks")
    shutil.copyfile(module_plan.LOCK_FILE, directory / ".terraform.lock.hcl")
    (directory / "main.tf").write_text(_ROOT)
    module_plan.write_package(directory)
    (directory / "tests").mkdir()
    for module in modules:
        text = module_source.native_test(module).read_text(encoding="utf-8")
        (directory / _file(module)).write_text(with_module_blocks(text, module), encoding="utf-8")


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
