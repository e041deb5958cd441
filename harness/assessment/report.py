"""An assessment for people, as sections in a terminal or as Markdown, and as JSON for machines."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from rich.table import Table

from generator.manifest.durations import text
from generator.recovery.budget import budgets
from generator.recovery.predictions import Prediction
from harness import terminal
from harness.assessment.assessment import AGREEMENT, Assessment, Line
from harness.assessment.measured import SCENARIOS, Drilled
from harness.scorecard.document import table as markdown_table

MARKS = {"met": "✓", "missed": "✗", "above the prediction": "!", "not measured": ""}
INTRODUCTION = """\
Usual: what the worst client sees in an ordinary loss, by the published rules named below. Worst: the longest
that each step can take, which objectives are held against. Floor: the worst case at the fastest settings,
which no setting of this design can improve. Measured: the last drill in the sandbox, median over its seeds of
the worst client that keeps to the TTL, and the worst seed; delays inside AWS are drawn from
`harness/sandbox/world/delays.yaml`. Agrees: how far usual and measured are apart, both without delays that
are drawn."""


class Section(NamedTuple):
    """One table with its title; `right` are the numbers of columns that hold figures."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()


def sections(assessment: Assessment) -> list[Section]:
    """Recovery times, their steps, losses, single points, drills; those without a row are left out."""
    found = [
        _recoveries(assessment),
        *_steps(assessment),
        _losses(assessment),
        _single_points(assessment),
        _drills(assessment),
        _refusals(assessment),
    ]
    return [section for section in found if section.rows]


def _recoveries(assessment: Assessment) -> Section:
    rows = []
    for line in assessment.lines:
        found, figure = line.prediction, line.figure
        rows.append(
            (
                found.operation.name,
                found.way,
                _s(found.usual),
                _s(found.worst),
                _s(found.floor),
                text(found.objective),
                *((_s(figure.usual), _s(figure.worst)) if figure else ("", "")),
                _off(line),
                f"{MARKS[line.judgement]} {line.judgement}".strip(),
            )
        )
    head = "operation,region,usual,worst,floor,RTO,measured,worst seed,agrees,verdict".split(",")
    return Section("Recovery time of each operation", tuple(head), tuple(rows), (2, 3, 4, 5, 6, 7, 8))


def _off(line: Line) -> str:
    """How far measured and usual are apart: `2 %`, with a mark beyond what is agreed."""
    if line.off is None:
        return ""
    return f"{100 * line.off:.0f} %" + ("" if line.off <= AGREEMENT else " apart!")


def _steps(assessment: Assessment) -> Iterator[Section]:
    """The steps of every way back; operations that go the same way share one section."""
    groups: dict[tuple[Any, ...], list[Prediction]] = {}
    for line in assessment.lines:
        found = line.prediction
        groups.setdefault((found.steps, found.floor_lines), []).append(found)
    for alike in groups.values():
        first = alike[0]
        # where a setting changes the way itself, the floor has other steps
        floors = {each.step: each for each in first.floor_lines}
        rows: list[tuple[str, ...]] = [
            (
                part.step,
                _s(part.usual),
                _s(part.worst),
                _s(floors[part.step].seconds) if part.step in floors else "",
                part.rule,
                floors[part.step].reason if part.step in floors else "",
                part.setting or "none",
                part.source,
            )
            for part in first.steps
        ]
        total = (_s(first.usual), _s(first.worst), _s(first.floor), _patience(first))
        rows.append(("total", *total, "", "", ""))
        names = ", ".join(dict.fromkeys(each.operation.name for each in alike))
        ways = ", ".join(dict.fromkeys(each.way for each in alike))
        head = ("step", "usual", "worst", "floor", "usual because", "floor because", "setting", "source")
        yield Section(f"Steps of {names}: {ways}", head, tuple(rows), (1, 2, 3))


def _patience(found: Prediction) -> str:
    return f"a request may take {found.patience:g} s longer" if found.patience else ""


def _losses(assessment: Assessment) -> Section:
    rows = []
    for line in assessment.lines:
        exposed, figure = line.exposure, line.figure
        if exposed is None:
            continue
        measured = ("", "", "")
        if figure is not None and figure.age is not None and figure.oldest is not None:
            measured = (_s(figure.age), _s(figure.oldest), f"{figure.lost} of {figure.asked}")
        rows.append(
            (
                line.prediction.operation.name,
                line.prediction.way,
                _s(exposed.usual),
                "none committed" if exposed.bound is None else _s(exposed.bound),
                text(exposed.objective),
                *measured,
                exposed.told,
                exposed.source,
            )
        )
    head = "operation,region,usual,at most,RPO,measured,worst seed,lost writes,published,source".split(",")
    return Section(
        "Acknowledged writes that may be lost: age of the oldest", tuple(head), tuple(rows), (2, 3, 4, 5, 6)
    )


def _single_points(assessment: Assessment) -> Section:
    rows = tuple(
        (point.place, point.name, point.where, point.why, point.source) for point in assessment.single_points
    )
    return Section("What there is only one of", ("recovery", "what", "where", "why", "source"), rows)


def _drills(assessment: Assessment) -> Section:
    rows = []
    for way, scenario in SCENARIOS.items():
        found = assessment.drills.get(way)
        rows.append((scenario, *(("never drilled", "", "", "", "") if found is None else _drill(found))))
    head = ("scenario", "when", "seeds", "verdict", "counts", "said")
    return Section("Last drills", head, tuple(rows), (2,))


def _drill(found: Drilled) -> tuple[str, ...]:
    counts = "no: " + "; ".join(found.differs) if found.differs else ("yes" if found.shows else "no")
    return (_when(found), str(found.card.seeds), found.card.status, counts, found.card.sentence)


def _refusals(assessment: Assessment) -> Section:
    rows = tuple((".".join(each.key), each.message) for each in assessment.refusals)
    return Section("Refused", ("key", "why"), rows)


def show(assessment: Assessment) -> None:
    """Print the sections and the verdict; wide tables where the output is no terminal."""
    console = terminal.console()
    for section in sections(assessment):
        found = Table(title=section.title, title_justify="left")
        for number, name in enumerate(section.head):
            found.add_column(name, justify="right" if number in section.right else "left")
        for row in section.rows:
            if row[0] == "total":
                found.add_section()
            found.add_row(*(cell.replace("[", "\\[") for cell in row))
        console.print(found)
    console.print(f"{assessment.verdict}: {assessment.sentence}", markup=False, soft_wrap=True)


def markdown(assessment: Assessment) -> str:
    """The whole report, to be signed: it names the manifest by its digest."""
    environment = assessment.environment
    promises = environment.manifest.objectives
    lines = [
        f"# Assessment of {environment.name}",
        "",
        f"**{assessment.verdict}.** {assessment.sentence}",
        "",
        f"Objectives: RTO {text(promises.rto)}, RPO {text(promises.rpo)}. Manifest: "
        f"`envs/{environment.name}/manifest.yaml`, sha256 `{digest(assessment)}`.",
        "",
        INTRODUCTION,
        "",
    ]
    for section in sections(assessment):
        lines += [f"## {section.title}", "", *markdown_table(section.head, section.rows), ""]
    signed = markdown_table(("reviewed by", "date", "signature"), [("", "", "")])
    return "\n".join([*lines, "## Signed", "", *signed]) + "\n"


def as_json(assessment: Assessment) -> dict[str, Any]:
    """{environment, manifest, verdict, sentence, objectives, budgets, refusals, operations, single_points,
    drills}; seconds, null for never and for what AWS does not commit to."""
    manifest = assessment.environment.manifest
    promises = manifest.objectives
    return {
        "environment": manifest.name,
        "manifest": digest(assessment),
        "verdict": assessment.verdict,
        "sentence": assessment.sentence,
        "objectives": {
            "rto": promises.rto,
            "rpo": promises.rpo,
            "stores": {store: promises.of(store)._asdict() for store in promises.stores},
        },
        "budgets": {
            path[0].path: {
                each.mode: {
                    "seconds": each.seconds,
                    "objective": each.objective,
                    "lines": [vars(line) for line in each.lines],
                }
                for each in path
            }
            for path in budgets(manifest)
        },
        "refusals": [{"key": ".".join(each.key), "message": each.message} for each in assessment.refusals],
        "operations": [_line(line) for line in assessment.lines],
        "single_points": [vars(point) for point in assessment.single_points],
        "drills": {
            SCENARIOS[way]: {
                "at": found.at.isoformat(timespec="seconds"),
                "seeds": found.card.seeds,
                "verdict": found.card.status,
                "differs": list(found.differs),
            }
            for way, found in assessment.drills.items()
        },
    }


def _line(line: Line) -> dict[str, Any]:
    found = line.prediction
    return {
        "operation": found.operation.name,
        "routes": list(found.operation.routes),
        "region": found.way,
        "usual": round(found.usual, 3),
        "measurable": round(found.measurable, 3),
        "worst": found.worst,
        "floor": found.floor,
        "rto": found.objective,
        "steps": [vars(part) for part in found.steps],
        "loss": None if line.exposure is None else vars(line.exposure),
        "measured": None if line.figure is None else {k: _finite(v) for k, v in vars(line.figure).items()},
        "apart": line.off,
        "verdict": line.judgement,
    }


def digest(assessment: Assessment) -> str:
    """SHA-256 of the manifest's bytes, as the report names what it speaks of."""
    return hashlib.sha256((assessment.environment.folder / "manifest.yaml").read_bytes()).hexdigest()


def _when(found: Drilled) -> str:
    return f"{found.at:%Y-%m-%d %H:%M} UTC"


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isinf(value) else value


def _s(seconds: float) -> str:
    return "never" if math.isinf(seconds) else f"{seconds:.1f}".removesuffix(".0") + " s"
