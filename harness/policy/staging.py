"""What checkov is given to read: a folder with copies of the roots, the modules, the plans and the canaries.

Copies, because the skip comments are taken out of them: checkov must judge everything, and the gate decides
what is skipped, alike for source and plans (docs/adr/0011). They also keep checkov from any configuration
file that lies about, and hold secrets, so the folder is its owner's alone and ends with the run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from harness.policy import plan_documents
from harness.policy.plan_documents import Plan

SOURCES, MODULES, PLANS, CANARIES = "sources", "modules", "plans", "canaries"
KINDS = ("fails", "passes")
_BLOCK = re.compile(r"^(resource|data) \"(\w+)\" \"(\w+)\" \{", re.MULTILINE)
_SOURCE = re.compile(r"^\s*source\s*=\s*\"(\.\.?/[^\"]+)\"", re.MULTILINE)
_SOMETIMES = re.compile(r"^  (?:count|for_each)\s*=", re.MULTILINE)


@dataclass(frozen=True)
class Expected:
    """What checkov must have read. `plans`: all managed addresses, by stack. `modules` and `canaries`:
    `type.name` of every resource block that is there whatever the variables say, by file below the staged
    folder; `canary_plans`: all managed addresses by file; `roots`: files with a provider, by stack."""

    plans: Mapping[str, frozenset[str]]
    modules: Mapping[str, frozenset[str]]
    canaries: Mapping[str, frozenset[str]]
    canary_plans: Mapping[str, frozenset[str]]
    roots: Mapping[str, str]


def stage(
    folder: Path,
    *,
    name: str,
    environment: Path,
    modules: Path,
    canaries: Path,
    stacks: Iterable[str],
    plans: Mapping[str, Plan],
) -> Expected:
    """Fill `folder`: sources/<stack>/, modules/, plans/<stack>.json, canaries/<kind>/main.tf and plan.json.

    Each stack has copies of the modules that it calls, because checkov reads one of two calls that have the
    same name and folder in different roots, and says nothing of the other. `environment` is the folder of the
    environment `name`; roots keep their depth, because they call modules by relative paths.
    """
    roots: dict[str, str] = {}
    sources = {file.relative_to(modules): file for file in sorted(modules.rglob("*.tf"))}
    for stack in stacks:
        below = folder / SOURCES / stack
        root = below / "envs" / name / stack
        for file in sorted((environment / stack).glob("*.tf")):
            _copy(file, root / file.name)
        roots[stack] = (root / "main.tf").relative_to(folder).as_posix()
        called = _called(PurePosixPath("envs", name, stack), (environment / stack).glob("*.tf"), modules)
        for below_modules, file in sources.items():
            if below_modules.parent.as_posix() in called:
                _copy(file, below / "modules" / below_modules)
    for below_modules, file in sources.items():
        _copy(file, folder / MODULES / below_modules, calls=False)
    for stack, plan in plans.items():
        _write_plan(folder / PLANS / f"{stack}.json", plan)
    canary_plans: dict[str, frozenset[str]] = {}
    for kind in KINDS:
        _copy(canaries / kind / "main.tf", folder / CANARIES / kind / "main.tf")
        plan = json.loads((canaries / kind / "plan.json").read_text(encoding="utf-8"))
        _write_plan(folder / CANARIES / kind / "plan.json", plan)
        canary_plans[f"{CANARIES}/{kind}/plan.json"] = plan_documents.managed(plan)
    return Expected(
        plans={stack: plan_documents.managed(plan) for stack, plan in plans.items()},
        modules=_blocks(folder, MODULES),
        canaries=_blocks(folder, CANARIES, data=True),
        canary_plans=canary_plans,
        roots=roots,
    )


def _blocks(folder: Path, part: str, *, data: bool = False) -> dict[str, frozenset[str]]:
    return {
        file.relative_to(folder).as_posix(): always(file.read_text(encoding="utf-8"), data=data)
        for file in sorted((folder / part).rglob("*.tf"))
    }


def _called(root: PurePosixPath, files: Iterable[Path], modules: Path) -> frozenset[str]:
    """Folders below modules/ that a root calls, and those that these call."""
    waiting = [root / source for file in files for source in _SOURCE.findall(file.read_text("utf-8"))]
    called: set[str] = set()
    while waiting:
        module = plan_documents.below_modules(waiting.pop())
        if module and module not in called:
            called.add(module)
            waiting += [
                PurePosixPath("modules", module) / source
                for file in (modules / module).glob("*.tf")
                for source in _SOURCE.findall(file.read_text("utf-8"))
            ]
    return frozenset(called)


def _copy(source: Path, target: Path, *, calls: bool = True) -> None:
    """Without `calls` a module that is called by another is read by itself, whatever the caller's count
    says."""
    text = without_skips(source.read_text(encoding="utf-8"))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text if calls else _SOURCE.sub('  source = "./not-here"', text), encoding="utf-8")


def without_skips(text: str) -> str:
    """The same lines, with skip comments that checkov does not recognise."""
    return text.replace("checkov:skip", "skip")


def _write_plan(file: Path, plan: Plan) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    document: dict[str, Any] = plan_documents.marked(plan)
    file.write_text(json.dumps(document), encoding="utf-8")


def always(text: str, *, data: bool = False) -> frozenset[str]:
    """`type.name` of the resource blocks (and of `data`) that are there whatever the variables say."""
    found = set()
    for block in _BLOCK.finditer(text):
        end = text.find("\n}", block.end())
        if (data or block[1] == "resource") and not _SOMETIMES.search(text[block.end() : end]):
            found.add(f"{block[2]}.{block[3]}")
    return frozenset(found)
