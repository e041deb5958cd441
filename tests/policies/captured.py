"""The plans that the rules' tests read: real ones, of environments of which nothing exists, in few words.

`python -m tests.policies.capture` makes them anew.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PLANS = Path(__file__).with_name("plans")
ENVIRONMENTS = (
    "reference/active-standby-api",
    "reference/cloudfront-dr-api",
    "reference/global-serverless",
    "prod",
)
COMMAND = "nice .venv/bin/python -m tests.policies.capture"
# of a resource; the rest is for Terraform
KEPT = ("address", "mode", "type", "values")


def stored(environment: str) -> dict[str, Any]:
    """Stack name -> plan, as it was captured."""
    return {
        file.name.removesuffix(".json.gz"): json.loads(gzip.decompress(file.read_bytes()))
        for file in sorted((PLANS / environment).glob("*.json.gz"))
    }


def reduced(plan: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a plan that policies/resilience/plan_json.py reads."""
    return {
        "planned_values": {"root_module": _module(plan["planned_values"]["root_module"])},
        "resource_changes": [
            {"address": each["address"], "change": {"after_unknown": each["change"]["after_unknown"]}}
            for each in plan.get("resource_changes", ())
            if each["mode"] == "managed" and each["change"].get("after_unknown")
        ],
        "configuration": {
            "provider_config": plan["configuration"].get("provider_config", {}),
            "root_module": _configuration(plan["configuration"]["root_module"]),
        },
    }


def _module(module: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "resources": [
            {name: each[name] for name in KEPT if name in each} for each in module.get("resources", ())
        ],
        "child_modules": [_module(each) for each in module.get("child_modules", ())],
    }


def _configuration(module: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("address", "mode", "type", "provider_config_key", "expressions")
    return {
        "resources": [
            {name: each[name] for name in kept if name in each} for each in module.get("resources", ())
        ],
        "module_calls": {
            label: {"module": _configuration(call["module"])}
            for label, call in module.get("module_calls", {}).items()
        },
    }


def write(environment: str, plans: Mapping[str, Mapping[str, Any]]) -> None:
    folder = PLANS / environment
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.json.gz"):
        file.unlink()
    for stack, plan in plans.items():
        text = json.dumps(reduced(plan), sort_keys=True, separators=(",", ":"))
        # no time in it: the same plan gives the same bytes
        (folder / f"{stack}.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
