"""The report as a table for people and as JSON for machines, a GitHub Actions matrix in it."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from harness.affected.comparison import Removed, Report
from harness.affected.git import Base


def because_nothing(base: Base) -> str:
    return f"nothing that it depends on differs from {base}"


def destruction(base: Base, gone: Removed) -> str:
    """What destroys a removed stack: the base's own root and program, in a worktree beside."""
    beside = f".antipode/base-{base.short}"
    return (
        f"git worktree add --detach {beside} {base.commit} && "
        f"make -C {beside} destroy ENV={gone.name.env} STACK={gone.name.stack}"
    )


def left_behind(base: Base, gone: Removed) -> str:
    return (
        f"{gone.name} left the environment since {base}; what it made in AWS stays there, unowned, until it "
        f"is destroyed from the root that it had: {destruction(base, gone)}"
    )


def as_json(report: Report) -> dict[str, Any]:
    """`matrix` is for `strategy.matrix`: one job each, `action` is plan or destroy. GitHub refuses an empty
    one, so `count` says whether there is a job at all."""
    base = report.base
    jobs = [
        {"env": each.name.env, "stack": each.name.stack, "wave": each.wave, "action": "plan"}
        for each in report.affected
    ] + [
        {"env": each.name.env, "stack": each.name.stack, "wave": each.wave, "action": "destroy"}
        for each in report.removed
    ]
    return {
        "event": "Affected",
        "base": {"ref": base.ref, "commit": base.commit, "is": base.how},
        "stacks": [
            {
                "env": each.name.env,
                "stack": each.name.stack,
                "wave": each.wave,
                "affected": bool(each.reasons),
                "reasons": [reason._asdict() for reason in each.reasons],
            }
            for each in report.stacks
        ],
        "removed": [
            {
                "env": each.name.env,
                "stack": each.name.stack,
                "wave": each.wave,
                "destroy": destruction(base, each),
            }
            for each in report.removed
        ],
        "keys": [
            {
                "env": env,
                "key": key.key,
                "before": key.before,
                "after": key.after,
                "stacks": sorted(key.stacks),
            }
            for env, keys in report.keys.items()
            for key in keys
        ],
        "notes": [{"env": env, "text": text} for env, texts in report.notes.items() for text in texts],
        "environments": sorted({*(str(job["env"]) for job in jobs), *report.keys}),
        "count": len(jobs),
        "matrix": {"include": jobs},
    }


def rendered(report: Report) -> RenderableType:
    """One row a stack, its reasons below each other; then what was removed, and what had no effect."""
    base = report.base
    table = Table("environment", "wave", "stack", "because", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for each in report.affected:
        table.add_row(
            each.name.env, _wave(each.wave), each.name.stack, Text("\n".join(r.text for r in each.reasons))
        )
    for gone in report.removed:
        table.add_row(
            gone.name.env, _wave(gone.wave), gone.name.stack, "is no longer there", style="bold red"
        )
    touched, total = len(report.affected), len(report.stacks)
    parts: list[RenderableType] = [table] if table.row_count else []
    parts.append(Text(f"{touched} of {total} stacks are affected; compared with {base}, {base.how}"))
    parts += [Text(f"{env}: {text}", style="dim") for env, texts in report.notes.items() for text in texts]
    parts += [Text(left_behind(base, gone), style="bold red") for gone in report.removed]
    return Group(*parts)


def _wave(wave: int | None) -> str:
    return "?" if wave is None else str(wave)
