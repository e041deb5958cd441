"""docs/adr: every decision has a number, a date, a status, and the same three headings in the same order."""

from __future__ import annotations

import datetime
import re
from itertools import pairwise
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "adr"
DECISIONS = sorted(FOLDER.glob("*.md"))
STATUSES = ("proposed", "accepted", "superseded by")
HEADINGS = ["Context", "Decision", "Consequences"]


def problems(name: str, text: str) -> list[str]:
    """What is wrong with the form of one decision; `name` is its file's."""
    number = name.partition("-")[0]
    title, _, rest = text.partition("\n\n")
    status = rest.partition("\n\n")[0].replace("\n", " ")
    date, _, state = status.partition(", ")
    wrong = []
    if not re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", name):
        wrong.append("the file is called <four digits>-<title in lower case>.md")
    if not re.fullmatch(rf"# {number} [^\n]+", title):
        wrong.append(f"the first line is `# {number} <title>`")
    if not _is_date(date) or not state.startswith(STATUSES):
        wrong.append(f"the second paragraph is `<date>, <status>`, with one of {', '.join(STATUSES)}")
    if re.findall(r"^## (.*)$", text, re.MULTILINE) != HEADINGS:
        wrong.append(f"the headings are {', '.join(HEADINGS)}")
    if re.search(r"^## .*\n+(##|\Z)", text, re.MULTILINE):
        wrong.append("a heading has nothing below it")
    return [f"{name}: {problem}" for problem in wrong]


def _is_date(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.name)
def test_a_decision_has_the_form_of_all(path: Path) -> None:
    assert problems(path.name, path.read_text(encoding="utf-8")) == []


def test_the_numbers_follow_one_another() -> None:
    numbers = [int(path.name.partition("-")[0]) for path in DECISIONS]
    assert numbers[0] == 1
    assert [later - earlier for earlier, later in pairwise(numbers)] == [1] * (len(numbers) - 1)


GOOD = (
    "# 0001 A title\n\n2026-11-20, accepted\n\n## Context\n\na\n\n## Decision\n\nb\n\n## Consequences\n\nc\n"
)


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        ("1-title.md", "", "", "the file is called"),
        ("0001-title.md", "# 0001", "# 0002", "the first line is"),
        ("0001-title.md", "2026-11-20, accepted\n\n", "", "the second paragraph is"),
        ("0001-title.md", "2026-11-20", "20 November", "the second paragraph is"),
        ("0001-title.md", "accepted", "done", "the second paragraph is"),
        ("0001-title.md", "## Context", "**Context.**", "the headings are"),
        ("0001-title.md", "## Consequences\n\nc\n", "## Consequences\n", "a heading has nothing below it"),
    ],
)
def test_a_decision_of_another_form_is_named(name: str, before: str, after: str, expected: str) -> None:
    assert problems("0001-title.md", GOOD) == []
    assert any(expected in problem for problem in problems(name, GOOD.replace(before, after, 1)))
