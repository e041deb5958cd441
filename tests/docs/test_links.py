"""Every link of a Markdown file of ours leads to a file of the repository, and to a heading that it has.

`make lint` runs this file alone.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import pytest

REPOSITORY = Path(__file__).parents[2]
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)")
_HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)


def pages() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return sorted({path for path in listed.stdout.split("\0") if path and (REPOSITORY / path).is_file()})


def links(text: str) -> Iterator[str]:
    """Targets within the repository, without code."""
    for target in _LINK.findall(_CODE.sub("", _FENCE.sub("", text))):
        if not re.match(r"[a-z][a-z0-9+.-]*:|//", target):
            yield unquote(target)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub gives to headings: lower case, no punctuation, hyphens for spaces."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCE.sub("", text)):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number = 1
        unique = anchor
        while unique in found:
            unique = f"{anchor}-{number}"
            number += 1
        found.add(unique)
    return found | set(re.findall(r'<a (?:id|name)="([^"]+)"', text))


def dead(page: Path, repository: Path) -> list[str]:
    """The links of a page that lead nowhere, each with the reason."""
    text = page.read_text(encoding="utf-8")
    wrong = []
    for link in links(text):
        path, _, anchor = link.partition("#")
        folder = repository if path.startswith("/") else page.parent
        target = (folder / PurePosixPath(path.lstrip("/"))).resolve() if path else page
        if repository.resolve() not in (target.resolve(), *target.resolve().parents):
            wrong.append(f"{link}: outside of the repository")
        elif not target.exists():
            wrong.append(f"{link}: no such file")
        elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text()):
            wrong.append(f"{link}: {target.name} has no such heading")
    return wrong


def test_no_link_of_a_page_is_dead() -> None:
    found = [f"{page}: {problem}" for page in pages() for problem in dead(REPOSITORY / page, REPOSITORY)]
    assert not found, "\n" + "\n".join(found)


def test_there_are_links_to_look_at() -> None:
    assert sum(len(list(links((REPOSITORY / page).read_text()))) for page in pages()) > 200


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("other.md", []),
        ("other.md#a-heading-with-code", []),
        ("other.md#twice-1", []),
        ("#here", []),
        ("https://example.com/nothing", []),
        ("mailto:a@example.com", []),
        ("nothing.md", ["nothing.md: no such file"]),
        ("other.md#nothing", ["other.md#nothing: other.md has no such heading"]),
        ("#nothing", ["#nothing: page.md has no such heading"]),
        ("../outside.md", ["../outside.md: outside of the repository"]),
    ],
)
def test_a_link_that_leads_nowhere_is_named(tmp_path: Path, link: str, expected: list[str]) -> None:
    repository = tmp_path / "repository"
    repository.mkdir()
    (tmp_path / "outside.md").touch()
    (repository / "other.md").write_text("# A heading, with `code`\n\n## Twice\n\n## Twice\n")
    page = repository / "page.md"
    page.write_text(f"# Here\n\n[a link]({link}) and `[no link](nowhere.md)`\n\n```text\n[x](y)\n```\n")
    assert dead(page, repository) == expected
