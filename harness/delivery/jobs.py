"""The outputs of a workflow's first job: its matrices, from the affected environments and stacks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from generator import naming
from generator.manifest.problems import InputRefused
from harness.environments import Environment

# GitHub Docs, "Running variations of jobs in a workflow": a matrix makes at most so many jobs in a run.
MAX_JOBS = 256

Job = dict[str, str]


def outputs(environments: Sequence[Environment], affected: Mapping[str, Any] | None = None) -> dict[str, str]:
    """The outputs by name, each a string as GitHub wants it.

    `environments`: JSON list of folders below envs/; `delivered`: a matrix of those that GitHub Actions
    applies, trials first; `stacks`: a matrix of the stacks to plan in them; `any`, `any_delivered` and
    `any_stack`: "true" where there are some, because GitHub refuses an empty matrix. `affected` is what
    `make affected JSON=1` tells; without it every environment counts, and no stack. Raises InputRefused.
    """
    chosen = [each for each in environments if affected is None or each.name in affected["environments"]]
    delivered = [_delivered(each) for each in sorted(chosen, key=_trials_first) if each.manifest.delivery]
    stacks = list(_stacks(delivered, affected)) if affected else []
    if len(stacks) > MAX_JOBS:
        raise InputRefused(
            [
                f"{len(stacks)} stacks are affected; a matrix makes {MAX_JOBS} jobs at most. "
                "Split the change by environment"
            ]
        )
    return {
        "environments": json.dumps([each.name for each in chosen]),
        "delivered": json.dumps({"include": delivered}),
        "stacks": json.dumps({"include": stacks}),
        "any": _text(chosen),
        "any_delivered": _text(delivered),
        "any_stack": _text(stacks),
    }


def removed(affected: Mapping[str, Any]) -> list[str]:
    """One line for each stack that left its environment: no workflow destroys anything."""
    return [
        f"{each['env']}/{each['stack']}: left the environment. No workflow destroys it; a person does: "
        f"{each['destroy']}"
        for each in affected["removed"]
    ]


def read(text: str) -> dict[str, Any]:
    """The last line of what `make affected JSON=1` printed. Raises InputRefused."""
    lines = text.strip().splitlines()
    try:
        found = json.loads(lines[-1])
        return {name: found[name] for name in ("environments", "matrix", "removed")}
    except (IndexError, ValueError, KeyError, TypeError) as error:
        raise InputRefused(
            [f"AFFECTED: is not what `make affected JSON=1` prints ({type(error).__name__}: {error})"]
        ) from error


def write(found: Mapping[str, str], file: Path) -> None:
    """Append to the file that GitHub names in GITHUB_OUTPUT. Values are JSON, so none has a line break."""
    with file.open("a", encoding="utf-8") as out:
        out.writelines(f"{name}={value}\n" for name, value in found.items())


def _trials_first(environment: Environment) -> tuple[bool, str]:
    return environment.manifest.operations.protect, environment.name


def _delivered(environment: Environment) -> Job:
    manifest = environment.manifest

    def role(verb: str) -> str:
        name = naming.delivery_role(manifest.name, verb)
        return naming.role_arn(manifest.account_id, name, manifest.recovery_region)

    return {
        "env": environment.name,
        "environment": manifest.name,
        "label": environment.name.replace("/", "-"),
        "region": manifest.recovery_region,
        "plan_role": role("plan"),
        "apply_role": role("apply"),
    }


def _stacks(delivered: Sequence[Job], affected: Mapping[str, Any]) -> Iterator[Job]:
    by_name = {job["env"]: job for job in delivered}
    for each in affected["matrix"]["include"]:
        job = by_name.get(each["env"])
        if job is not None and each["action"] == "plan":
            yield {
                "env": job["env"],
                "stack": each["stack"],
                "label": f"{job['label']}-{each['stack']}",
                "region": job["region"],
                "role": job["plan_role"],
            }


def _text(found: Sequence[object]) -> str:
    return "true" if found else "false"
