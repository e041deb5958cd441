from __future__ import annotations

from pathlib import Path

import pytest

from generator import manifest as manifests
from generator.manifest import Manifest
from tests.generator.short_manifest import SHORT, Load


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """The short manifest with pieces of its text replaced: load(("old", "new"), ...)."""

    def loader(*changes: tuple[str, str]) -> Manifest:
        text = SHORT
        for old, new in changes:
            assert old in text, f"{old!r} is not in the short manifest"
            text = text.replace(old, new)
        file = tmp_path / "manifest.yaml"
        file.write_text(text)
        return manifests.load(file)

    return loader
