"""Values of a manifest that are each allowed and cannot stand together."""

from __future__ import annotations

from collections.abc import Iterator

from generator.manifest.contradictions import backups, edge, failover, functions, regions, stores
from generator.manifest.environment import Manifest
from generator.manifest.problems import Contradiction


def contradictions(manifest: Manifest) -> Iterator[Contradiction]:
    """Every contradiction in a manifest whose values are each allowed."""
    for part in (regions, edge, functions, stores, backups, failover):
        yield from part.contradictions(manifest)
