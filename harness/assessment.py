"""The recovery budget for people and for machines."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from generator import objectives
from generator.durations import text
from generator.manifest import Manifest


def table(manifest: Manifest) -> Table:
    """The budget of each way of being lost, line by line, with the objective below."""
    refused, silent = (objectives.budget(manifest, fault) for fault in objectives.FAULTS)
    found = Table(
        title=f"Recovery budget of {manifest.name}: the worst case of every step", title_justify="left"
    )
    for name in ("step", "refused", "silent", "why", "setting"):
        found.add_column(name, justify="right" if name in ("refused", "silent") else "left")
    for one, other in zip(refused.lines, silent.lines, strict=True):
        found.add_row(
            one.step,
            f"{one.seconds:g} s",
            f"{other.seconds:g} s",
            f"{other.reason} [{other.source}]".replace("[", "\\["),
            other.setting or "",
        )
    found.add_section()
    found.add_row("total", f"{refused.seconds:g} s", f"{silent.seconds:g} s", "", "")
    found.add_row("RTO", text(manifest.objectives.rto), text(manifest.objectives.rto), "", "objectives.rto")
    found.add_row("RPO", text(manifest.objectives.rpo), text(manifest.objectives.rpo), "", "objectives.rpo")
    return found


def as_json(manifest: Manifest) -> dict[str, Any]:
    """{objectives: {rto, rpo} in seconds, budgets: {fault: {seconds, lines: [...]}}, refusals: [...]}."""
    return {
        "environment": manifest.name,
        "objectives": {"rto": manifest.objectives.rto, "rpo": manifest.objectives.rpo},
        "budgets": {
            fault: {
                "seconds": objectives.budget(manifest, fault).seconds,
                "lines": [vars(line) for line in objectives.budget(manifest, fault).lines],
            }
            for fault in objectives.FAULTS
        },
        "refusals": [
            {"key": ".".join(refusal.key), "message": refusal.message}
            for refusal in objectives.refusals(manifest)
        ],
    }
