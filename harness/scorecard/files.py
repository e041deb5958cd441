"""`make scorecard`: the page and the picture, written together."""

from __future__ import annotations

from pathlib import Path

from harness.scorecard.card import read_cards
from harness.scorecard.document import PICTURE, document
from harness.scorecard.picture import picture


def scorecard(reports: Path, out: Path) -> tuple[Path, ...]:
    """scorecard.md and scorecard.svg in `out`, from every drill.json below `reports`; the files written.

    Raises ScorecardError when there is no report, or one that cannot be read: then nothing is written.
    """
    cards = read_cards(reports)
    texts = {"scorecard.md": document(cards), PICTURE: picture(cards)}
    out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    return tuple(out / name for name in texts)
