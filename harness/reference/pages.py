"""What `make docs` writes from the manifest's models and the modules' HCL, and compares with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from generator import writer
from harness.environments import REPOSITORY
from harness.reference import kept
from harness.reference import manifest as manifest_reference
from harness.reference import modules as module_reference

FOLDER = "docs/reference"
"""The folder of which `make docs` writes every page; besides it writes tables into the modules' READMEs."""


def wanted() -> dict[str, str]:
    """Every page by its path in the repository."""
    modules = module_reference.pages(REPOSITORY / "modules")
    return {f"{FOLDER}/manifest.md": manifest_reference.page(), kept.PAGE: kept.page(), **modules}


def stale(root: Path, pages: Mapping[str, str]) -> list[str]:
    """Paths that are missing or differ, and pages of the folder that are not wanted, sorted."""
    kept = {file.relative_to(root).as_posix() for file in (root / FOLDER).rglob("*.md")}
    changed = {path for path, text in pages.items() if _text(root / path) != text}
    return sorted(changed | (kept - set(pages)))


def write(root: Path, pages: Mapping[str, str]) -> list[str]:
    """Bring the pages up to date; the paths that changed."""
    changed = stale(root, pages)
    for path in changed:
        if path in pages:
            writer.replace(root / path, pages[path].encode())
        else:
            (root / path).unlink()
    return changed


def _text(page: Path) -> str | None:
    return page.read_text(encoding="utf-8") if page.is_file() else None
