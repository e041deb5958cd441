"""The timeline of one run as SVG: who served, what failed, where the recovery's time went.

Drawn with marker colours that are then replaced by CSS variables, so that one drawing fits light and dark.
"""

from __future__ import annotations

import io
import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import matplotlib

matplotlib.use("svg")

from matplotlib import rc_context
from matplotlib.figure import Figure

from harness.drill.judge.ledger import Ledger, is_write
from harness.drill.judge.measure import Measurement, Recovery
from harness.drill.judge.recovery import Split
from harness.drill.run.run import DrillResult

# Marker colour -> what replaces it.
_VARIABLES = {
    "#010101": "var(--ink)", "#020202": "var(--muted)", "#030303": "var(--grid)", "#040404": "var(--failed)",
    "#050505": "var(--region-1)", "#060606": "var(--region-2)", "#070707": "var(--region-3)",
    "#080808": "var(--detect)", "#090909": "var(--decide)", "#0a0a0a": "var(--shift)",
    "#0b0b0b": "var(--warm)", "#0c0c0c": "var(--page)", "#0d0d0d": "var(--promote)",
}  # fmt: skip
INK, MUTED, GRID, FAILED = "#010101", "#020202", "#030303", "#040404"
REGION_COLOURS = ("#050505", "#060606", "#070707")
STEP_COLOURS = {
    "detect": "#080808", "promote": "#0d0d0d", "decide": "#090909", "shift": "#0a0a0a", "warm": "#0b0b0b",
}  # fmt: skip
PAGE = "#0c0c0c"
# A step narrower than this share of the axis has no room for its name.
_ROOM_FOR_NAME = 0.045
_LONGEST_NAME = 20


@dataclass(frozen=True)
class Shape:
    """Inches and points of one of the two drawings."""

    name: str
    width: float
    height: float
    text: float


WIDE = Shape("wide", 11.4, 6.6, 10)
NARROW = Shape("narrow", 4.3, 7.4, 9)


def draw(result: DrillResult, shape: Shape) -> str:
    """The drawing as an <svg> element without any reference to elsewhere."""
    measured = result.measurement
    if measured is None:
        return ""
    settings = {
        "svg.fonttype": "none", "svg.hashsalt": shape.name, "font.size": shape.text,
        "font.family": "sans-serif",
        "text.color": INK, "axes.labelcolor": MUTED, "xtick.color": MUTED, "ytick.color": MUTED,
        "axes.edgecolor": GRID, "hatch.linewidth": 0.6,
    }  # fmt: skip
    with rc_context(settings):
        figure = Figure(figsize=(shape.width, shape.height), layout="constrained")
        figure.set_facecolor("none")
        axes = figure.subplots(4, 1, sharex=True, gridspec_kw={"height_ratios": [0.55, 3.2, 2.6, 0.9]})
        _steps(axes[0], result.worst, measured, narrow=shape is NARROW)
        _traffic(axes[1], result.ledger, measured, narrow=shape is NARROW)
        _clients(axes[2], measured, result)
        _backlog(axes[3], result.ledger)
        for ax in axes:
            _frame(ax, result)
        _labels(axes, result, measured, narrow=shape is NARROW)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(file.getvalue(), f"Timeline of {result.scenario.name}: {result.verdict.sentence}", shape)


def _frame(ax: Any, result: DrillResult) -> None:
    ax.set_facecolor("none")
    ax.set_xlim(0, result.ledger.ended)
    ax.grid(axis="x", color=GRID, linewidth=0.6)
    ax.set_axisbelow(True)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    ax.tick_params(length=0)
    for mark in result.ledger.faults:
        ax.axvline(mark.at, color=FAILED, linewidth=1.4)
        for since, until in mark.pulses:
            ax.axvspan(since, until, color=FAILED, alpha=0.07, linewidth=0)
        if mark.healed is not None:
            ax.axvline(mark.healed, color=INK, linewidth=1.2, linestyle=(0, (1, 2)))
    for told in result.ledger.commands:
        ax.axvline(told.at, color=INK, linewidth=1.2, linestyle=(0, (1, 2)))
    for step in result.worst.steps if result.worst else ():
        ax.axvspan(
            step.start, step.start + step.seconds, color=STEP_COLOURS[step.name], alpha=0.1, linewidth=0
        )
    measured = result.measurement
    if measured is not None:
        ax.axvline(measured.fault_at + result.objectives.rto, color=INK, linewidth=1.2, linestyle=(0, (5, 3)))


def _steps(ax: Any, worst: Split | None, measured: Measurement, *, narrow: bool) -> None:
    """One bar of detect, decide, shift and warm of the worst client."""
    ax.set_yticks([])
    ax.set_ylim(0, 1)
    end = measured.window_end
    if worst is None or not worst.steps:
        reason = worst.reason if worst else "no client was affected"
        behind = {"facecolor": PAGE, "edgecolor": "none", "pad": 2}
        ax.text(
            measured.fault_at + 0.015 * end, 0.5, f"no split: {reason}",
            va="center", color=MUTED, zorder=5, bbox=behind,
        )  # fmt: skip
        return
    for step in worst.steps:
        ax.barh(0.5, step.seconds, 0.8, left=step.start, color=STEP_COLOURS[step.name], edgecolor=PAGE)
        if step.seconds > (_ROOM_FOR_NAME * (2.2 if narrow else 1)) * end:
            text = step.name if narrow or step.seconds < 0.09 * end else f"{step.name} {step.seconds:.0f} s"
            ax.text(step.start + step.seconds / 2, 0.5, text, ha="center", va="center", color=PAGE)


def _traffic(ax: Any, ledger: Ledger, measured: Measurement, *, narrow: bool) -> None:
    """Answers per second, stacked by the region that gave them; failures hatched on top."""
    seconds = list(range(math.ceil(ledger.ended)))
    requests = [a for a in ledger.requests() if a.end < ledger.ended]
    regions = [region for region, _ in Counter(a.served_by for a in requests if not a.failed).most_common()
               if region]  # fmt: skip
    if measured.serving_before in regions:
        regions.sort(key=lambda region: region != measured.serving_before)
    bottom = [0] * len(seconds)
    for colour, region in zip(REGION_COLOURS, regions[: len(REGION_COLOURS)], strict=False):
        count = Counter(int(a.end) for a in requests if not a.failed and a.served_by == region)
        top = [below + count[second] for below, second in zip(bottom, seconds, strict=True)]
        _area(ax, bottom, top, facecolor=colour, linewidth=0, label=f"answered by {_short(region)}")
        bottom = top
    count = Counter(int(a.end) for a in requests if a.failed)
    top = [below + count[second] for below, second in zip(bottom, seconds, strict=True)]
    failed = {"facecolor": "none", "edgecolor": FAILED, "linewidth": 0.6, "hatch": "////", "label": "failed"}
    _area(ax, bottom, top, where=[count[second] > 0 for second in seconds], **failed)
    legend = ax.legend(
        loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2 if narrow else 4, frameon=False, borderaxespad=0,
        columnspacing=1.2, handlelength=1.4, labelcolor=INK, fontsize="small",
    )  # fmt: skip
    legend.set_in_layout(False)
    ax.set_title(
        "Requests per second",
        loc="left",
        fontsize="medium",
        color=INK,
        fontweight="bold",
        pad=36 if narrow else 20,
    )


def _area(ax: Any, bottom: list[int], top: list[int], **settings: Any) -> None:
    """The area between two counts per second, each second as wide as it lasts."""
    edges = range(len(top) + 1)
    if "where" in settings:
        shown = settings["where"]
        # a second is drawn up to its end, so the edge after the last shown one belongs to it
        settings["where"] = [
            now or before for now, before in zip([*shown, False], [False, *shown], strict=True)
        ]
    ax.fill_between(edges, [*bottom, bottom[-1]], [*top, top[-1]], step="post", **settings)


def _clients(ax: Any, measured: Measurement, result: DrillResult) -> None:
    """One row per client: from the fault to its recovery, of the reads and of the writes that took
    longest."""
    names = sorted({r.client for r in measured.recoveries}, key=lambda name: _slowest(measured, name))
    rows = {name: n for n, name in enumerate(names)}
    slowest: dict[tuple[str, bool], Recovery] = {}
    for each in sorted(measured.recoveries, key=lambda each: each.seconds):
        slowest[each.client, is_write(each.operation)] = each
    for (_, writes), each in slowest.items():
        row = rows[each.client] + (-0.17 if writes else 0.17)
        never = math.isinf(each.seconds)
        end = measured.window_end if never else measured.fault_at + each.seconds
        colour = MUTED if each.overstays else INK
        style = (0, (1, 1.5)) if each.overstays else "-"
        ax.plot(
            [measured.fault_at, end],
            [row, row],
            color=FAILED if never else colour,
            linewidth=0.9,
            linestyle=style,
        )
        marker = ">" if never else ("s" if writes else "o")
        face = PAGE if writes else (FAILED if never else colour)
        ax.plot(end, row, marker, markersize=3.8, color=FAILED if never else colour, markerfacecolor=face)
    ax.set_ylim(-0.8, len(names) - 0.2)
    ax.set_yticks(
        range(len(names)), [_short(name) for name in names], fontsize="x-small" if len(names) <= 24 else 3
    )
    if not names:
        ax.text(0.5, 0.5, "no client was measured", transform=ax.transAxes, ha="center", color=MUTED)


def _short(name: str) -> str:
    """A name that leaves room for the drawing."""
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def _slowest(measured: Measurement, name: str) -> float:
    return -max(r.seconds for r in measured.recoveries if r.client == name)


def _backlog(ax: Any, ledger: Ledger) -> None:
    moments, pending = [each.at for each in ledger.backlog], [each.pending for each in ledger.backlog]
    ax.fill_between(moments, pending, step="post", color=MUTED, alpha=0.5, linewidth=0)
    ax.set_ylim(bottom=0)
    ax.locator_params(axis="y", nbins=2, integer=True)


def _labels(axes: Any, result: DrillResult, measured: Measurement, *, narrow: bool) -> None:
    top, _, clients, backlog = axes
    title = {"loc": "left", "fontsize": "medium", "color": INK, "fontweight": "bold"}
    clients.set_title(
        "Each client's way back"
        if narrow
        else "Each client's way back (● reads, □ writes, dotted: keeps DNS answers too long)",
        **title,
    )
    backlog.set_title("Changes waiting to be replicated", **title)
    backlog.set_xlabel("model seconds since the load began")
    for n, mark in enumerate(result.ledger.faults):
        top.annotate(
            "fault" if len(result.ledger.faults) == 1 else f"fault {n + 1}",
            (mark.at, 1.0),
            xytext=(-3, 4),
            textcoords="offset points",
            ha="right",
            color=FAILED,
            fontweight="bold",
            annotation_clip=False,
        )
        if mark.healed is not None:
            top.annotate("healed", (mark.healed, 1.0), xytext=(3, 4), textcoords="offset points", color=INK,
                         fontweight="bold", annotation_clip=False)  # fmt: skip
    for told in result.ledger.commands:
        top.annotate(told.name, (told.at, 1.0), xytext=(3, 4), textcoords="offset points", color=INK,
                     fontweight="bold", annotation_clip=False)  # fmt: skip
    limit = measured.fault_at + result.objectives.rto
    if limit < result.ledger.ended:
        text = f"RTO {result.objectives.rto:g} s" if narrow else f"objective: RTO {result.objectives.rto:g} s"
        top.annotate(text, (limit, 1.0), xytext=(3, 4), textcoords="offset points", annotation_clip=False)


def _inline(svg: str, description: str, shape: Shape) -> str:
    """The <svg> element alone: no XML head, no metadata, no namespaces (HTML knows them), our colours."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\s+xmlns(:\w+)?="[^"]*"', "", svg)
    for marker, variable in _VARIABLES.items():
        svg = svg.replace(marker, variable)
    size = f'viewBox="0 0 {shape.width * 72:g} {shape.height * 72:g}"'
    label = re.sub(r"[<>&\"]", " ", description)
    return re.sub(
        r"<svg[^>]*>",
        f'<svg class="timeline {shape.name}" role="img" aria-label="{label}" {size}>',
        svg,
        count=1,
    )
