"""`make bench`: the measurements that docs/performance.md tells, as ratios side by side in one run."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict

from rich.table import Table

from generator.manifest.problems import InputRefused
from harness import terminal


def run(parts: Sequence[str], *, as_json: bool, say: Callable[[str], None]) -> int:
    """Every part, or those named, printed as a table or as one JSON object a line. Raises InputRefused."""
    from harness.bench.measurements import PARTS

    if wrong := [part for part in parts if part not in PARTS]:
        raise InputRefused([f"PART={part}: is not a measurement; use {', '.join(PARTS)}" for part in wrong])
    say(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}")
    table = Table(box=None, pad_edge=False)
    for column in ("part", "what", "value", "", "note"):
        table.add_column(column, justify="right" if column == "value" else "left")
    for part in parts or PARTS:
        for figure in PARTS[part]():
            if as_json:
                print(json.dumps(asdict(figure)), flush=True)
            table.add_row(figure.part, figure.name, f"{figure.value:.2f}", figure.unit, figure.note)
    if not as_json:
        terminal.console().print(table)
    return terminal.GOOD
