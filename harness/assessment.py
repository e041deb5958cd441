"""The recovery budget for people and for machines."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from generator import objectives
from generator.durations import text
from generator.manifest import Manifest


def tables(manifest: Manifest) -> list[Table]:
    """One table for each path: the budget of each way of being lost, line by line, with the objective."""
    return [_table(manifest, path) for path in objectives.budgets(manifest)]


def _table(manifest: Manifest, path: tuple[objectives.Budget, ...]) -> Table:
    refused, silent = path
    found = Table(
        title=f"Recovery budget of {manifest.name}, {refused.path}: the worst case of every step",
        title_justify="left",
    )
    for name in ("step", "refused", "silent", "why", "setting"):
        found.add_column(name, justify="right" if name in ("refused", "silent") else "left")
    for row in objectives.steps(path):
        found.add_row(
            row.line.step,
            *(f"{line.seconds:g} s" if line else "" for line in (row.refused, row.silent)),
            f"{row.line.reason} [{row.line.source}]".replace("[", "\\["),
            row.line.setting or "",
        )
    found.add_section()
    found.add_row("total", f"{refused.seconds:g} s", f"{silent.seconds:g} s", "", "")
    found.add_row("RTO", text(refused.objective), text(silent.objective), "", ".".join(refused.key))
    found.add_row("RPO", text(manifest.objectives.rpo), text(manifest.objectives.rpo), "", "objectives.rpo")
    return found


def as_json(manifest: Manifest) -> dict[str, Any]:
    """{objectives: {rto, rpo, stores} in seconds, budgets: {path: {fault: {seconds, objective, lines}}},
    refusals: [...]}."""
    return {
        "environment": manifest.name,
        "objectives": {
            "rto": manifest.objectives.rto,
            "rpo": manifest.objectives.rpo,
            "stores": {
                store: manifest.objectives.of(store)._asdict() for store in manifest.objectives.stores
            },
        },
        "budgets": {
            path[0].path: {
                each.fault: {
                    "seconds": each.seconds,
                    "objective": each.objective,
                    "lines": [vars(line) for line in each.lines],
                }
                for each in path
            }
            for path in objectives.budgets(manifest)
        },
        "refusals": [
            {"key": ".".join(refusal.key), "message": refusal.message}
            for refusal in objectives.refusals(manifest)
        ],
    }
