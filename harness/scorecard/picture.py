"""The scorecard as a picture: faults down, architectures across, one cell per drill.

Colours are those of a light page; a style sheet inside the SVG exchanges them where the reader's page is
dark, so that one file serves both, and a viewer that knows no style sheets shows the light one.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib

matplotlib.use("svg")

from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from harness.scorecard.card import Card, environments_of, scenarios_of
from harness.scorecard.document import MARKS, WORDS, figures_of, seconds

# Light page -> dark page.
_DARK = {
    "#fdfdfe": "#14171b", "#1b1f24": "#e8eaed", "#5b6470": "#a3acb8",
    "#d9f0e2": "#173a28", "#f9dedc": "#4a1f1c", "#fbefc7": "#40350f", "#eef0f3": "#1e2329",
    "#2e7d57": "#5fcf93", "#b3261e": "#ff8a80", "#8a6d00": "#f0c95a", "#c3c9d1": "#363d46",
}  # fmt: skip
PAGE, INK, MUTED, EMPTY, LINE = "#fdfdfe", "#1b1f24", "#5b6470", "#eef0f3", "#c3c9d1"
_TONES = {
    "objectives-met": ("#d9f0e2", "#2e7d57"),
    "objectives-missed": ("#f9dedc", "#b3261e"),
    "precondition-failed": ("#f9dedc", "#b3261e"),
    "inconclusive": ("#fbefc7", "#8a6d00"),
}
# Inches.
_LABELS, _COLUMN, _ROW, _HEAD, _FOOT = 2.5, 2.55, 0.42, 0.55, 0.55


def picture(cards: Sequence[Card]) -> str:
    """The SVG, the same text for the same cards."""
    environments, scenarios = environments_of(cards), scenarios_of(cards)
    found = {(card.scenario, card.environment): card for card in cards}
    width = _LABELS + _COLUMN * len(environments)
    height = _HEAD + _ROW * len(scenarios) + _FOOT
    settings = {
        "svg.fonttype": "none",
        "svg.hashsalt": "scorecard",
        "font.size": 9.5,
        "font.family": "sans-serif",
    }
    with rc_context(settings):
        figure = Figure(figsize=(width, height), facecolor=PAGE)
        ax = figure.add_axes((0, 0, 1, 1))
        ax.set_xlim(0, width)
        ax.set_ylim(height, 0)
        ax.axis("off")
        for column, name in enumerate(environments):
            at = _LABELS + _COLUMN * (column + 0.5)
            ax.text(at, _HEAD * 0.55, name, ha="center", va="center", color=INK, fontweight="bold")
        for row, scenario in enumerate(scenarios):
            top = _HEAD + _ROW * row
            ax.text(_LABELS - 0.12, top + _ROW / 2, scenario, ha="right", va="center", color=INK)
            for column, name in enumerate(environments):
                _cell(ax, found.get((scenario, name)), left=_LABELS + _COLUMN * column, top=top)
        ax.text(
            0.12, height - _FOOT / 2,
            "worst client's outage of reads · of writes · age of the oldest lost write\n"
            "✓ objectives met, ✗ missed, ? inconclusive; dashed: expected to miss, to show what is missing",
            ha="left", va="center", color=MUTED, fontsize=8,
        )  # fmt: skip
        file = io.StringIO()
        figure.savefig(file, format="svg", facecolor=PAGE, metadata={"Date": None, "Creator": None})
    return styled(file.getvalue(), description(cards))


def _cell(ax: Any, card: Card | None, *, left: float, top: float) -> None:
    fill, edge = _TONES[card.status] if card else (EMPTY, LINE)
    shown_off = card is not None and card.as_expected and card.status != "objectives-met"
    ax.add_patch(
        FancyBboxPatch(
            (left + 0.05, top + 0.04), _COLUMN - 0.1, _ROW - 0.08, boxstyle="round,pad=0,rounding_size=0.05",
            facecolor=fill, edgecolor=edge if card else "none", linewidth=0.9,
            linestyle=(0, (3, 2)) if shown_off else "-",
        )
    )  # fmt: skip
    text, colour = cell_text(card), INK if card else MUTED
    ax.text(left + _COLUMN / 2, top + _ROW / 2, text, ha="center", va="center", color=colour, fontsize=9)


def cell_text(card: Card | None) -> str:
    """`✓ 0.0 s · 38.2 s · 0.9 s`; `not drilled` for no card."""
    if card is None:
        return "not drilled"
    figures = figures_of(card)
    if not figures:
        return f"{MARKS[card.status]} {WORDS[card.status]}"
    return f"{MARKS[card.status]} {' · '.join(map(seconds, figures.values()))}"


def description(cards: Sequence[Card]) -> str:
    """The picture in one sentence, for those who cannot see it."""
    met = sum(card.status == "objectives-met" for card in cards)
    return (
        f"Scorecard of {len(environments_of(cards))} architectures under {len(scenarios_of(cards))} faults: "
        f"objectives met in {met} of {len(cards)} drills."
    )


def styled(svg: str, title: str) -> str:
    """The drawing with the style sheet for dark pages and a title; without what differs from run to run."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    rules = "".join(
        f'[style*="{what}: {light}"]{{{what}:{dark}!important}}'
        for light, dark in _DARK.items()
        for what in ("fill", "stroke")
    )
    fonts = 'text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif!important}'
    style = f"<style>{fonts}@media (prefers-color-scheme:dark){{{rules}}}</style>"
    label = re.sub(r"[<>&\"]", " ", title)
    head, rest = svg.split(">", 1)
    return f'{head} role="img" aria-label="{label}">\n<title>{label}</title>\n{style}{rest}'
