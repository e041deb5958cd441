"""Contradictions in the settings of the failover controller."""

from __future__ import annotations

from collections.abc import Iterator

from generator.manifest import durations
from generator.manifest.environment import Manifest
from generator.manifest.problems import Contradiction
from generator.regions import REGIONS


def contradictions(manifest: Manifest) -> Iterator[Contradiction]:
    settings = manifest.failover
    if settings is None:
        return
    if manifest.compute.api is None:
        yield ("failover",), "needs compute.api: regions are watched through their health checks", None
    witness = settings.witness
    if witness is not None and witness not in REGIONS:
        yield ("failover", "witness"), "is not an AWS region", witness
    elif witness in manifest.regions:
        yield ("failover", "witness"), "must be a region that serves nothing here", witness
    elif (len(manifest.regions) + (witness is not None)) % 2 == 0:
        yield (
            ("failover", "witness"),
            f"must {'be left out' if witness else 'name a further region'}: {len(manifest.regions)} regions "
            f"{'and a witness ' if witness else ''}can split into halves without a majority",
            witness,
        )
    for key, value, low, high in (
        ("tick", settings.tick, 1, 30),
        ("lease", settings.lease, 3 * settings.tick, 300),
        ("guard", settings.guard, 5, 60),
        ("agreement", settings.agreement, 2 * settings.tick, 300),
    ):
        if not low <= value <= high:
            yield (
                ("failover", key),
                f"must be from {durations.text(low)} to {durations.text(high)}"
                + ("" if key in {"tick", "guard"} else f", as tick is {durations.text(settings.tick)}"),
                durations.text(value),
            )
    if settings.tick and 60 % settings.tick:
        yield ("failover", "tick"), "must divide a minute", durations.text(settings.tick)
