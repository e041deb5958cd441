from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from generator import manifest as manifests
from generator.manifest import Manifest

REPOSITORY = Path(__file__).parents[2]

SHORT = """\
name: prod
account_id: "123456789012"
domain: example.com
objectives: {rto: 50s, rpo: 5s}
topology: active-standby
regions:
  us-east-1: {role: primary, cidr: 10.0.0.0/16}
  us-west-2: {role: standby, cidr: 10.1.0.0/16}
compute:
  functions:
    read: {source: read, access: {items: read}}
    write: {source: write, access: {items: write}}
  api:
    routes: {GET /read: read, POST /write: write}
data:
  tables:
    items: {hash_key: pk}
"""

Load = Callable[..., Manifest]


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
