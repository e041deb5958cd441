"""Writes a drill's report to a folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from harness.drill.judge import ledger
from harness.drill.report.document import document
from harness.drill.report.page import page
from harness.drill.run.series import DrillSeries


@dataclass(frozen=True)
class Written:
    """The files of one report; one ledger per seed."""

    page: Path
    document: Path
    ledgers: tuple[Path, ...]


def write_report(series: DrillSeries, folder: Path, *, command: str) -> Written:
    """drill.html, drill.json and ledger-<seed>.jsonl in `folder`, which is made if need be; `command` is what
    runs the same again."""
    folder.mkdir(parents=True, exist_ok=True)
    ledgers = []
    for result in series.results:
        ledgers.append(folder / f"ledger-{result.seed}.jsonl")
        ledger.write(result.ledger, ledgers[-1])
    written = Written(folder / "drill.html", folder / "drill.json", tuple(ledgers))
    found = json.dumps(document(series, command=command), indent=2, allow_nan=False)
    written.document.write_text(found + "\n", encoding="utf-8")
    written.page.write_text(page(series, command=command), encoding="utf-8")
    return written
