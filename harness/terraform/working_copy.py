"""A root beside the real one, at the same depth, whose state is a local file: for what has no backend yet."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from harness.terraform import running, steps
from harness.terraform.adapter import CommandResult, ExitStatus
from harness.terraform.session import Job
from harness.terraform.stack import StackDirectory

PREFIX = ".bootstrap-"
"""Folders `envs/<env>/.bootstrap-<stack>/`; git-ignored."""

_OVERRIDE = 'terraform {\n  backend "local" {}\n}\n'


@contextlib.contextmanager
def working_copy(job: Job, state: Path) -> Iterator[Job]:
    """The job in a copy of its root with `state` as its local state; the copy is removed, the state stays.

    Relative module sources and `../functions` hold because the copy lies beside the root. What a killed run
    left of an earlier copy is replaced. The stack must be claimed.
    """
    beside = job.root.path.parent / f"{PREFIX}{job.stack.name}"
    directory = StackDirectory(job.root.directory.path / "bootstrap")
    claim = running.claimed(directory, job.stack.name, wait=job.session.orphan_wait)
    with claim as killed, _copied(job, beside, state):
        yield replace(job.standing_in(beside, directory, _variables(job)), killed=killed)


@contextlib.contextmanager
def _copied(job: Job, beside: Path, state: Path) -> Iterator[None]:
    _remove(beside)
    beside.mkdir()
    try:
        for file in job.root.path.iterdir():
            if file.is_file() and _belongs(file.name):
                shutil.copy2(file, beside / file.name)
        (beside / "antipode_backend_override.tf").write_text(_OVERRIDE, encoding="utf-8")
        yield
    finally:
        errored = beside / "errored.tfstate"
        if errored.is_file():  # the one copy of a state is never thrown away
            os.replace(errored, state.with_suffix(".errored.tfstate"))
        _remove(beside)


def initialise_copy(copy: Job, state: Path) -> CommandResult | None:
    """`init` of the copy with its local backend; the result only if it failed."""
    result = steps.initialise(copy, force=True, backend={"path": str(state)})
    return None if result is None or result.status is ExitStatus.SUCCEEDED else result


def _belongs(name: str) -> bool:
    return name == ".terraform.lock.hcl" or not (name.startswith(".") or ".tfstate" in name)


def _variables(job: Job) -> dict[str, str]:
    environment = job.root.environment
    return {
        name.removeprefix("TF_VAR_"): value
        for name, value in environment.items()
        if name.startswith("TF_VAR_")
    }


def _remove(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)
