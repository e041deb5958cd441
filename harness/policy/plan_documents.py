"""Plans as `terraform show -json` gives them: what they manage, whose modules it is, and what is not known.

Source of the format: developer.hashicorp.com, Terraform internals, JSON Output Format (format_version 1.2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from generator.manifest.problems import InputRefused

UNKNOWN = "true_after_unknown"
"""What checkov calls a value that only the apply gives; checks for a value's presence then pass."""

Plan = Mapping[str, Any]
_INDEX = re.compile(r"\[(?:\"[^\"]*\"|\d+)\]")
_CALL = re.compile(r"module\.(\w+)(?:\[(?:\"[^\"]*\"|\d+)\])?\.")


def managed(plan: Plan) -> frozenset[str]:
    """Addresses of all resources that will be there once the plan is applied."""
    root = plan["planned_values"].get("root_module") or {}
    return frozenset(str(each["address"]) for each in _resources(root) if each.get("mode") == "managed")


def _resources(module: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from module.get("resources") or ()
    for child in module.get("child_modules") or ():
        yield from _resources(child)


def module_of(address: str, plan: Plan) -> str:
    """The folder below modules/ that an address comes from (compute/function); empty for the root's own."""
    module: Mapping[str, Any] = plan.get("configuration", {}).get("root_module", {})
    folder = PurePosixPath()
    for name in _CALL.findall(address):
        call = (module.get("module_calls") or {}).get(name)
        if call is None:
            return ""
        folder, module = folder / str(call.get("source", "")), call.get("module") or {}
    return below_modules(folder)


def below_modules(folder: PurePosixPath) -> str:
    """`../../../modules/compute/function/../release` -> `compute/release`."""
    parts: list[str] = []
    for part in folder.parts:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts[parts.index("modules") + 1 :]) if "modules" in parts else ""


def without_indexes(address: str) -> str:
    """`module.key["a"].aws_kms_key.this[0]` -> `module.key.aws_kms_key.this`."""
    return _INDEX.sub("", address)


def without_modules(address: str) -> str:
    """`module.key["a"].aws_kms_key.this[0]` -> `aws_kms_key.this`. A data block is without `data.`, as
    checkov names it where it reads source."""
    return _INDEX.sub("", _CALL.sub("", address)).removeprefix("data.")


def marked(plan: Plan) -> dict[str, Any]:
    """A copy in which every value that is not known yet is `UNKNOWN` instead of missing.

    checkov by itself does not tell a key that is made in the same apply from a key that is not set, and its
    own switch for that sees no nested blocks.
    """
    copy: dict[str, Any] = json.loads(json.dumps(plan))
    unknown = {
        str(change["address"]): change["change"].get("after_unknown") or {}
        for change in copy.get("resource_changes") or ()
    }
    for resource in _resources(copy["planned_values"].get("root_module") or {}):
        if isinstance(resource.get("values"), dict):
            resource["values"] = _merged(resource["values"], unknown.get(str(resource["address"]), {}))
    return copy


def _merged(known: Any, unknown: Any) -> Any:
    if unknown is True:
        return UNKNOWN if known is None else known
    if isinstance(unknown, dict) and isinstance(known, dict | None):
        found = dict(known or {})
        for key, value in unknown.items():
            merged = _merged(found.get(key), value)
            if merged is not None:
                found[key] = merged
        return found or known
    if isinstance(unknown, list) and isinstance(known, list) and len(unknown) == len(known):
        return [_merged(one, other) for one, other in zip(known, unknown, strict=True)]
    return known


def read_folder(folder: Path, *, stacks: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """`<stack>.json` of each stack. Raises InputRefused for each that is missing or no complete plan."""
    plans: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    for stack in stacks:
        file = folder / f"{stack}.json"
        try:
            plan = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            problems.append(f"{file}: cannot be read ({error}); write it with `terraform show -json`")
            continue
        if fault := fault_of(plan):
            problems.append(f"{file}: {fault}; write it with `terraform show -json`")
        else:
            plans[stack] = plan
    if problems:
        raise InputRefused(problems)
    return plans


def fault_of(plan: object) -> str:
    """Why a document is no plan that can be judged; empty for one that is."""
    if not isinstance(plan, dict) or "planned_values" not in plan or "configuration" not in plan:
        return "is not a plan (planned_values and configuration are missing)"
    if not str(plan.get("format_version", "")).startswith("1."):
        return f"has format_version {plan.get('format_version')!r}, 1.x is known here"
    if plan.get("errored"):
        return "is the plan of a run that ended in an error"
    return ""
