"""A run's result for people and for machines: changes, messages, and where the logs are."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from harness import terminal
from harness.terraform import plans
from harness.terraform.session import RunResult


def report(result: RunResult, *, as_json: bool) -> None:
    """Print the changes of a run and the paths of its logs. Its messages were told when the stacks ended."""
    if as_json:
        print(json.dumps(_as_json(result)))
        return
    out = terminal.console()
    summaries = {each.stack: each.plan for each in result.results if each.plan is not None}
    if result.verb == "plan" and summaries:
        out.print(plans.table(summaries))
    out.print(_summary(result))
    for each in result.results:
        if not each.status.good and each.log is not None:
            out.print(
                f"{each.stack}: log in {_shown(each.log)}", markup=False, highlight=False, soft_wrap=True
            )


def _summary(result: RunResult) -> Table:
    found = Table(box=None, pad_edge=False)
    for name in ("wave", "stack", result.verb, "changes", "seconds"):
        found.add_column(name, justify="right" if name in ("wave", "seconds") else "left")
    for each in result.results:
        changes = each.planned if result.verb == "plan" else each.completed
        found.add_row(str(each.wave), each.stack, each.status.value, str(changes), f"{each.seconds:.1f}")
    found.caption = f"{result.environment} on {result.target}: {result.seconds:.1f} s"
    found.caption_justify = "left"
    return found


def _as_json(result: RunResult) -> dict[str, Any]:
    return {
        "event": "Result",
        "verb": result.verb,
        "environment": result.environment,
        "target": result.target,
        "seconds": round(result.seconds, 3),
        "exit_code": result.exit_code,
        "stacks": [
            {
                "stack": each.stack,
                "wave": each.wave,
                "status": each.status.value,
                "seconds": round(each.seconds, 3),
                "planned": vars(each.planned),
                "completed": vars(each.completed),
                "changes": [asdict(change) for change in each.plan.changes] if each.plan else [],
                "messages": list(each.messages),
                "log": _shown(each.log) if each.log else None,
            }
            for each in result.results
        ],
    }


def _shown(path: Path) -> str:
    return os.path.relpath(path)
