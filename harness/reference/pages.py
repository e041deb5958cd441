"""docs/reference: written from the manifest's models and the modules' HCL, and compared with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from generator import writer
from harness.environments import REPOSITORY
from harness.reference import manifest as manifest_reference
from harness.reference import modules as module_reference

FOLDER = REPOSITORY / "docs" / "reference"
MODULES = REPOSITORY / "modules"


def wanted() -> dict[str, str]:
    """Every page by its path below docs/reference."""
    return {"manifest.md": manifest_reference.page(), **module_reference.pages(MODULES)}


def stale(folder: Path, pages: Mapping[str, str]) -> list[str]:
    """Paths below the folder that are missing, differ, or are of nothing any more, sorted."""
    present = {file.relative_to(folder).as_posix() for file in folder.rglob("*.md")}
    changed = {
        path
        for path, text in pages.items()
        if path not in present or (folder / path).read_text(encoding="utf-8") != text
    }
    return sorted(changed | (present - set(pages)))


def write(folder: Path, pages: Mapping[str, str]) -> list[str]:
    """Bring the folder up to date; the paths that changed."""
    changed = stale(folder, pages)
    for path in changed:
        if path in pages:
            writer.replace(folder / path, pages[path].encode())
        else:
            (folder / path).unlink()
    return changed
